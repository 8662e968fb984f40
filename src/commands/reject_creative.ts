import type { Trx } from '../db/database.ts'
import { announceStatus } from './announce_status.ts'
import { placeCreatives } from './place_creatives.ts'
import { recordEvent, type Actor } from './record.ts'
import { quoted } from '../adcp/quoted.ts'

export interface CreativeRejection {
  tenant_id: string
  principal_id: string
  creative_id: string
  /** For the buyer. */
  reason: string
  /** Where the ad server said so. */
  media_buy_id: string
  revision: number
  package_id: string | null
  now: Date
}

/**
 * An ad server will not show a creative, or not any longer: the buyer sees it rejected and why, hears of it, and its orders go on
 * without it until it is sent anew. The caller has locked the library and the media buy.
 */
export async function rejectCreative(trx: Trx, rejection: CreativeRejection): Promise<void> {
  const { tenant_id, principal_id, creative_id, reason, now } = rejection
  await trx
    .updateTable('creatives')
    .set({ status: 'rejected', rejection_reason: reason.slice(0, 500), updated_at: now })
    .where('principal_id', '=', principal_id)
    .where('creative_id', '=', creative_id)
    .where('status', '=', 'approved')
    .execute()
  await tellOfRejection(trx, adServer, rejection)
  await placeCreatives(trx, { tenant_id, principal_id }, [creative_id])
}

/** Writes into the history of a media buy that one of its creatives was rejected, and tells the buyer. */
export async function tellOfRejection(
  trx: Trx,
  actor: Actor,
  { creative_id, reason, package_id, now, ...of }: Omit<CreativeRejection, 'principal_id'>,
): Promise<void> {
  const { tenant_id, media_buy_id, revision } = of
  const message = `Creative ${creative_id} was rejected: ${quoted(reason, 1000)}`
  await recordEvent(trx, actor, {
    tenant_id,
    media_buy_id,
    revision,
    action: 'creative_rejected',
    ...(package_id !== null && { package_id }),
    detail: { summary: message.slice(0, 500), creative_id },
  })
  await announceStatus(trx, { media_buy_id, now, message })
}

const adServer: Actor = { kind: 'ad_server', name: 'ad server' }
