import type { Db, Trx } from '../db/database.ts'
import { announce } from './announce.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import { placeMediaBuy } from './place_media_buy.ts'
import { recordAudit } from './record.ts'
import { acceptedStatus } from './start_ready_media_buys.ts'
import { isUndecided } from './workflow_step_lifecycle.ts'

export interface Decision {
  tenant_id: string
  /** A workflow step's id, the buyer's task_id or the media buy's id: whatever the person has at hand. */
  id: string
  decision: 'approved' | 'rejected'
  decided_by: string
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
  /** The flight ended while the purchase waited: it can only be rejected now. */
  | { type: 'too_late'; media_buy_id: string; end_time: Date }
  | { type: 'not_found' }

/**
 * Records a person's decision on a purchase, once, with all that follows from it in the same transaction. A second decision,
 * from whatever door, changes nothing and is told who decided.
 */
export async function decideApproval(db: Db, decision: Decision): Promise<DecisionOutcome> {
  return db.transaction().execute((trx) => decide(trx, decision))
}

/** The same within the caller's transaction. */
export async function decide(trx: Trx, decision: Decision): Promise<DecisionOutcome> {
  const step = await selectStep(trx, decision).executeTakeFirst()
  if (!step) return { type: 'not_found' }
  const { media_buy_id, tenant_id, decided_by, reason, status } = step
  if (!isUndecided(status)) return { type: 'already_decided', media_buy_id, status, decided_by, reason }
  if (decision.decision === 'approved' && step.end_time <= decision.now)
    return { type: 'too_late', media_buy_id, end_time: step.end_time }
  await follow(trx, decision, step)
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

async function follow(trx: Trx, decision: Decision, { workflow_step_id, tenant_id, media_buy_id }: Step) {
  const { now, decided_by, reason = 'The publisher declined this purchase.' } = decision
  const approved = decision.decision === 'approved'
  await trx
    .updateTable('workflow_steps')
    .set({
      status: approved ? 'completed' : 'rejected',
      decided_by,
      decided_at: now,
      updated_at: now,
      reason: approved ? (decision.reason ?? null) : reason,
    })
    .where('tenant_id', '=', tenant_id)
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
  const move = { tenant_id, media_buy_id, now }
  if (!approved) {
    await moveMediaBuy(trx, actorOf(decision), { ...move, to: 'rejected', action: 'rejected', reason })
    return announce(trx, { ...move, rejected: reason })
  }
  const revision = await moveMediaBuy(trx, actorOf(decision), {
    ...move,
    to: await acceptedStatus(trx, media_buy_id),
    action: 'approved',
  })
  await placeMediaBuy(trx, { tenant_id, media_buy_id, revision })
  await announce(trx, move)
}

const actorOf = ({ decided_by }: Decision) => ({ kind: 'approver', name: decided_by }) as const

/** Locked, so that of two people deciding at once the second sees the first one's decision. */
function selectStep(trx: Trx, { tenant_id, id }: Decision) {
  return trx
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .select([
      'step.workflow_step_id',
      'step.tenant_id',
      'step.media_buy_id',
      'step.status',
      'step.decided_by',
      'step.reason',
      'buy.end_time',
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
    .forUpdate('step')
}
