import type { Db } from '../../db/database.ts'
import { decideApproval } from '../decide_approval.ts'
import { steerMediaBuy } from '../steer_media_buy.ts'

export interface Ending {
  tenant_id: string
  media_buy_id: string
  /** The buyer reads it. */
  reason: string
  by: string
  now: Date
}

/**
 * Ends a media buy for the publisher: declines one that waits for a person, takes back any other, and tells the buyer. Undefined where
 * it is over now, or why it could not be ended.
 */
export async function endMediaBuy(db: Db, ending: Ending): Promise<string | undefined> {
  const { tenant_id, media_buy_id, reason, by, now } = ending
  const actor = { kind: 'operator', name: by } as const
  const to = { type: 'canceled', reason } as const
  const steered = await steerMediaBuy(db, { tenant_id, media_buy_id, to, actor, now })
  if (steered.type === 'refused') return steered.why
  if (steered.type !== 'not_found') return undefined
  const decision = { decision: 'rejected', decided_by: by, actor, reason } as const
  const decided = await decideApproval(db, { tenant_id, id: media_buy_id, ...decision, now })
  return decided.type === 'recorded' || decided.type === 'already_decided'
    ? undefined
    : 'It cannot be declined.'
}
