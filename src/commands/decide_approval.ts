import type { Problem } from '../adcp/error.ts'
import type { Db, Trx } from '../db/database.ts'
import { announce } from './announce.ts'
import { selectStep, type Step } from './approval_step.ts'
import { applyUpdate, lockUpdate, rejectUpdate, type PendingUpdate } from './decide_update.ts'
import { giveApproval, readApprovals, type Approvals } from './give_approval.ts'
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
  /** Who of the desk's people that is, where the door knows. */
  user_id?: string
  /** Who that is, if no approver. */
  actor?: Actor
  reason?: string
  now: Date
}
export type DecisionOutcome =
  | { type: 'recorded'; media_buy_id: string }
  /** This yes is kept, and two different people must say it. `again`: the same person had said it before. */
  | { type: 'another_must_agree'; media_buy_id: string; agreed: string[]; again: boolean }
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
  const { media_buy_id, decided_by, reason, status } = step
  if (!isUndecided(status)) return { type: 'already_decided', media_buy_id, status, decided_by, reason }
  if (decision.decision === 'approved' && step.ends <= decision.now)
    return { type: 'too_late', media_buy_id, end_time: step.ends }
  if (decision.decision === 'approved' && step.expire_at && step.expire_at <= decision.now)
    return expire(trx, decision, step, update)
  const yes = decision.decision === 'approved' ? await readApprovals(trx, approverOf(decision, step)) : nobody
  if (decision.decision === 'approved' && yes.others.length + 1 < step.approvals_needed)
    return keepFirstYes(trx, decision, step, yes)
  const problems = update ? await settleUpdate(trx, decision, update) : await settle(trx, decision, step)
  if (problems.length > 0) return { type: 'no_longer_fits', media_buy_id, problems }
  if (decision.decision === 'approved') await giveApproval(trx, approverOf(decision, step))
  await closeStep(trx, decision, step, yes.others)
  await audit(trx, decision, step, {})
  return { type: 'recorded', media_buy_id }
}

/** Its time is over and the clock has not looked yet: it is declined as the clock would, and whoever says yes is told. */
async function expire(
  trx: Trx,
  { tenant_id, id, now }: Decision,
  step: Step,
  update: PendingUpdate | undefined,
): Promise<DecisionOutcome> {
  const decided_by = 'clock'
  const reason = step.expire_reason ?? declined
  const actor: Actor = { kind: 'clock', name: decided_by }
  const decision = { tenant_id, id, decision: 'rejected', decided_by, actor, reason, now } as const
  await (update ? settleUpdate(trx, decision, update) : settle(trx, decision, step))
  await closeStep(trx, decision, step, [])
  await audit(trx, decision, step, {})
  return { type: 'already_decided', media_buy_id: step.media_buy_id, status: 'rejected', decided_by, reason }
}

/** Of two people who must agree the first; the same person once more changes nothing. */
async function keepFirstYes(
  trx: Trx,
  decision: Decision,
  step: Step,
  { again }: Approvals,
): Promise<DecisionOutcome> {
  const { media_buy_id, tenant_id, workflow_step_id: subject_id } = step
  if (!again) {
    await giveApproval(trx, approverOf(decision, step))
    const { decided_by: occasion, now } = decision
    await tellPeople(trx, { tenant_id, kind: 'approval_changed', subject_id, occasion, now })
    await audit(trx, decision, step, { still_needed: step.approvals_needed - 1 })
  }
  return { type: 'another_must_agree', media_buy_id, agreed: [decision.decided_by], again }
}

async function audit(trx: Trx, decision: Decision, step: Step, detail: Record<string, unknown>) {
  const { reason } = decision
  await recordAudit(trx, actorOf(decision), {
    tenant_id: step.tenant_id,
    action: decision.decision === 'approved' ? 'approve' : 'reject',
    subject_kind: 'workflow_step',
    subject_id: step.workflow_step_id,
    detail: { media_buy_id: step.media_buy_id, ...(reason !== undefined && { reason }), ...detail },
  })
}

const declined = 'The publisher declined this purchase.'
const declinedUpdate = 'The publisher declined this change.'

async function closeStep(trx: Trx, decision: Decision, step: Step, others: readonly string[]) {
  const { now } = decision
  const decided_by = [...others, decision.decided_by].join(' and ')
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
      clock_at: null,
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

const nobody: Approvals = { others: [], again: false }

const actorOf = ({ decided_by, actor, user_id }: Decision): Actor => ({
  ...(actor ?? { kind: 'approver', name: decided_by }),
  ...(user_id !== undefined && { user_id }),
})

const approverOf = (
  { decided_by: name, user_id, reason, now }: Decision,
  { tenant_id, workflow_step_id }: Step,
) => ({ tenant_id, workflow_step_id, name, user_id, reason, now })
