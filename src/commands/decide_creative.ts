import type { Db, Trx } from '../db/database.ts'
import type { CreativeStatus } from '../db/schema.ts'
import { lockLibrary } from './assign_creatives.ts'
import { placeCreatives } from './place_creatives.ts'
import { recordAudit, type Actor } from './record.ts'
import { startReadyMediaBuys } from './start_ready_media_buys.ts'
import { subjectOfCreative, tellPeople } from './tell_people.ts'

export interface CreativeDecision {
  tenant_id: string
  principal_id: string
  creative_id: string
  /** A rejection says why; the buyer reads it. */
  decision: { type: 'approved' } | { type: 'rejected'; reason: string }
  decided_by: string
  /** Who of the desk's people that is, if one of them. */
  user_id?: string
  now: Date
}
export type CreativeDecisionOutcome =
  | { type: 'recorded' }
  /** Somebody reviewed it before, or it does not wait for a review. */
  | { type: 'already_decided'; status: CreativeStatus; by: string | null; reason: string | null }
  | { type: 'not_found' }

/**
 * Records what a person thinks of a creative that waits for review, once, with all that follows from it in the same transaction:
 * media buys that waited for it go on, and ad servers learn of it. A second decision, from whatever door, changes nothing.
 */
export async function decideCreative(db: Db, decided: CreativeDecision): Promise<CreativeDecisionOutcome> {
  return db.transaction().execute(async (trx) => {
    const { tenant_id, principal_id, creative_id, now, decided_by, user_id } = decided
    if (!(await selectCreative(trx, decided).executeTakeFirst())) return { type: 'not_found' }
    await lockLibrary(trx, principal_id)
    const creative = await selectCreative(trx, decided).forUpdate().executeTakeFirstOrThrow()
    const { status, reviewed_by: by, rejection_reason: reason } = creative
    if (status !== 'pending_review') return { type: 'already_decided', status, by, reason }
    await close(trx, decided)
    const actor: Actor = { kind: 'approver', name: decided_by, ...(user_id !== undefined && { user_id }) }
    const owner = { tenant_id, principal_id }
    await startReadyMediaBuys(trx, actor, owner, now)
    await placeCreatives(trx, owner, [creative_id])
    await recordAudit(trx, actor, {
      tenant_id,
      action: decided.decision.type === 'approved' ? 'approve' : 'reject',
      subject_kind: 'creative',
      subject_id: creative_id,
      detail: { principal_id, ...decided.decision },
    })
    await tellPeople(trx, {
      tenant_id,
      kind: 'creative_settled',
      subject_id: subjectOfCreative(creative),
      occasion: now.toISOString(),
      detail: { principal_id, creative_id },
      now,
    })
    return { type: 'recorded' }
  })
}

async function close(trx: Trx, { principal_id, creative_id, decision, decided_by, now }: CreativeDecision) {
  await trx
    .updateTable('creatives')
    .set({
      status: decision.type,
      rejection_reason: decision.type === 'rejected' ? decision.reason.slice(0, 500) : null,
      reviewed_by: decided_by,
      reviewed_at: now,
      updated_at: now,
    })
    .where('principal_id', '=', principal_id)
    .where('creative_id', '=', creative_id)
    .execute()
}

function selectCreative(trx: Trx, { tenant_id, principal_id, creative_id }: CreativeDecision) {
  return trx
    .selectFrom('creatives')
    .select(['principal_id', 'creative_id', 'status', 'reviewed_by', 'rejection_reason'])
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
    .where('creative_id', '=', creative_id)
}
