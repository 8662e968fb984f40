import { sql } from 'kysely'
import type { Problem } from '../adcp/error.ts'
import type { Db, Trx } from '../db/database.ts'
import { announce } from './announce.ts'
import { applyUpdate, lockUpdate, rejectUpdate, type PendingUpdate } from './decide_update.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import { placeMediaBuy } from './place_media_buy.ts'
import { recordAudit, type Actor } from './record.ts'
import { acceptedStatus } from './start_ready_media_buys.ts'
import { tellPeople } from './tell_people.ts'
import { isUndecided } from './workflow_step_lifecycle.ts'

export interface Decision {
  tenant_id: string
  /** A workflow step's id, the buyer's task_id or the media buy's id: whatever the person has at hand. */
  id: string
  decision: 'approved' | 'rejected'
  decided_by: string
  /** Who that is, if no approver. */
  actor?: Actor
  reason?: string
  now: Date
}
export type DecisionOutcome =
  | { type: 'recorded'; media_buy_id: string }
  | {
      type: 'already_decided'
      media_buy_id: string
      status: string
      decided_by: string | null
      reason: string | null
    }
  /** A change that fitted when it was asked for, and does not any more. */
  | { type: 'no_longer_fits'; media_buy_id: string; problems: readonly Problem[] }
  /** The flight ended while the purchase waited: it can only be rejected now. */
  | { type: 'too_late'; media_buy_id: string; end_time: Date }
  | { type: 'not_found' }

/**
 * Records a person's decision on a purchase or on a change of one, once, with all that follows from it in the same transaction. A second decision,
 * from whatever door, changes nothing and is told who decided.
 */
export async function decideApproval(db: Db, decision: Decision): Promise<DecisionOutcome> {
  return db.transaction().execute((trx) => decide(trx, decision))
}

/** The same within the caller's transaction. */
export async function decide(trx: Trx, decision: Decision): Promise<DecisionOutcome> {
  const found = await selectStep(trx, decision).executeTakeFirst()
  if (!found) return { type: 'not_found' }
  const update = await lockUpdate(trx, found.workflow_step_id)
  // locked, so that of two people deciding at once the second sees the first one's decision
  const step = await selectStep(trx, { ...decision, id: found.workflow_step_id })
    .forUpdate('step')
    .executeTakeFirstOrThrow()
  const { media_buy_id, tenant_id, decided_by, reason, status } = step
  if (!isUndecided(status)) return { type: 'already_decided', media_buy_id, status, decided_by, reason }
  if (decision.decision === 'approved' && step.ends <= decision.now)
    return { type: 'too_late', media_buy_id, end_time: step.ends }
  const problems = update ? await settleUpdate(trx, decision, update) : await settle(trx, decision, step)
  if (problems.length > 0) return { type: 'no_longer_fits', media_buy_id, problems }
  await closeStep(trx, decision, step)
  await recordAudit(trx, actorOf(decision), {
    tenant_id,
    action: decision.decision === 'approved' ? 'approve' : 'reject',
    subject_kind: 'workflow_step',
    subject_id: step.workflow_step_id,
    detail: { media_buy_id, ...(decision.reason !== undefined && { reason: decision.reason }) },
  })
  return { type: 'recorded', media_buy_id }
}

type Step = NonNullable<Awaited<ReturnType<ReturnType<typeof selectStep>['executeTakeFirst']>>>

const declined = 'The publisher declined this purchase.'
const declinedUpdate = 'The publisher declined this change.'

async function closeStep(trx: Trx, decision: Decision, step: Step) {
  const { now, decided_by } = decision
  const { workflow_step_id, tenant_id, task_type } = step
  const approved = decision.decision === 'approved'
  const otherwise = task_type === 'update_media_buy' ? declinedUpdate : declined
  await trx
    .updateTable('workflow_steps')
    .set({
      status: approved ? 'completed' : 'rejected',
      decided_by,
      decided_at: now,
      updated_at: now,
      reason: decision.reason ?? (approved ? null : otherwise),
    })
    .where('tenant_id', '=', tenant_id)
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
  await tellPeople(trx, { tenant_id, kind: 'approval_settled', subject_id: workflow_step_id, now })
}

async function settleUpdate(
  trx: Trx,
  decision: Decision,
  update: PendingUpdate,
): Promise<readonly Problem[]> {
  const { now, reason = declinedUpdate } = decision
  if (decision.decision === 'approved') return applyUpdate(trx, update, actorOf(decision), now)
  await rejectUpdate(trx, update, actorOf(decision), reason, now)
  return []
}

async function settle(trx: Trx, decision: Decision, { tenant_id, media_buy_id }: Step): Promise<never[]> {
  const { now, reason = declined } = decision
  const move = { tenant_id, media_buy_id, now }
  if (decision.decision === 'rejected') {
    await moveMediaBuy(trx, actorOf(decision), { ...move, to: 'rejected', action: 'rejected', reason })
    await announce(trx, { ...move, rejected: reason })
    return []
  }
  await trx
    .updateTable('media_buys')
    .set(({ ref }) => ({ approved_budget: ref('total_budget') }))
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .execute()
  const revision = await moveMediaBuy(trx, actorOf(decision), {
    ...move,
    to: await acceptedStatus(trx, media_buy_id),
    action: 'approved',
  })
  await placeMediaBuy(trx, { tenant_id, media_buy_id, revision })
  await announce(trx, move)
  return []
}

const actorOf = ({ decided_by, actor }: Decision): Actor => actor ?? { kind: 'approver', name: decided_by }

function selectStep(trx: Trx, { tenant_id, id }: Decision) {
  return trx
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
    .select([
      'step.workflow_step_id',
      'step.tenant_id',
      'step.media_buy_id',
      'step.status',
      'step.decided_by',
      'step.reason',
      'step.task_type',
      sql<Date>`coalesce(u.end_time, buy.end_time)`.as('ends'),
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where(({ eb, or }) =>
      or([
        eb('step.workflow_step_id', '=', id),
        eb('step.task_id', '=', id),
        eb('step.media_buy_id', '=', id),
      ]),
    )
    .orderBy('step.created_at', 'desc')
    .limit(1)
}
