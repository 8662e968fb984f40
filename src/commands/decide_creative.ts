import type { Db, Trx } from '../db/database.ts'
import type { CreativeStatus } from '../db/schema.ts'
import { lockLibrary } from './assign_creatives.ts'
import { announceStatus } from './announce_status.ts'
import { placeCreatives } from './place_creatives.ts'
import { recordAudit, type Actor } from './record.ts'
import { tellOfRejection } from './reject_creative.ts'
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
  /** The updated_at of what the person looked at: what the buyer has sent since is not decided with it. */
  seen_at?: Date
  now: Date
}
export type CreativeDecisionOutcome =
  | { type: 'recorded' }
  /** Somebody reviewed it before, or it does not wait for a review. */
  | { type: 'already_decided'; status: CreativeStatus; by: string | null; reason: string | null }
  /** The buyer has sent something else since the person looked. */
  | { type: 'changed_since' }
  | { type: 'not_found' }

/**
 * Records what a person thinks of a creative that waits for review, once, with all that follows from it in the same transaction:
 * media buys that waited for it go on, ad servers learn of it, and so does the buyer. A second decision, from whatever door,
 * changes nothing.
 */
export async function decideCreative(db: Db, decided: CreativeDecision): Promise<CreativeDecisionOutcome> {
  return db.transaction().execute(async (trx) => {
    const { tenant_id, principal_id, creative_id, now, decided_by, user_id, seen_at } = decided
    if (!(await selectCreative(trx, decided).executeTakeFirst())) return { type: 'not_found' }
    await lockLibrary(trx, principal_id)
    const creative = await selectCreative(trx, decided).forUpdate().executeTakeFirstOrThrow()
    const { status, reviewed_by: by, rejection_reason: reason } = creative
    if (status !== 'pending_review') return { type: 'already_decided', status, by, reason }
    if (seen_at && seen_at.getTime() !== creative.updated_at.getTime()) return { type: 'changed_since' }
    await close(trx, decided)
    const actor: Actor = { kind: 'approver', name: decided_by, ...(user_id !== undefined && { user_id }) }
    const owner = { tenant_id, principal_id }
    await tellBuyers(trx, actor, decided)
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

/** A media buy that waited for the creative alone goes on; one that was to show what was rejected hears of it. */
async function tellBuyers(
  trx: Trx,
  actor: Actor,
  { tenant_id, principal_id, creative_id, decision, now }: CreativeDecision,
) {
  if (decision.type === 'approved') {
    const message = `Creative ${creative_id} was approved: the media buy has all it needs.`
    for (const media_buy_id of await startReadyMediaBuys(trx, actor, { tenant_id, principal_id }, now))
      await announceStatus(trx, { media_buy_id, now, message })
    return
  }
  const { reason } = decision
  for (const buy of await lockBuysOf(trx, { principal_id, creative_id }))
    await tellOfRejection(trx, actor, { tenant_id, ...buy, creative_id, reason, package_id: null, now })
}

function lockBuysOf(trx: Trx, { principal_id, creative_id }: { principal_id: string; creative_id: string }) {
  const showing = trx
    .selectFrom('creative_assignments as a')
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .select('p.media_buy_id')
    .where('a.principal_id', '=', principal_id)
    .where('a.creative_id', '=', creative_id)
    .where('p.canceled', '=', false)
  return trx
    .selectFrom('media_buys')
    .select(['media_buy_id', 'revision'])
    .where('media_buy_id', 'in', showing)
    .where('confirmed_at', 'is not', null)
    .where('status', 'not in', ['completed', 'rejected', 'canceled'])
    .orderBy('media_buy_id')
    .forUpdate()
    .execute()
}

function selectCreative(trx: Trx, { tenant_id, principal_id, creative_id }: CreativeDecision) {
  return trx
    .selectFrom('creatives')
    .select(['principal_id', 'creative_id', 'status', 'updated_at', 'reviewed_by', 'rejection_reason'])
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
    .where('creative_id', '=', creative_id)
}
