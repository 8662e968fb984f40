import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import type { Actor } from './record.ts'

/** True when each package that is not canceled has an approved creative. */
const ready = sql<boolean>`not exists (
  select from media_packages p where p.media_buy_id = buy.media_buy_id and not p.canceled and not exists (
    select from creative_assignments a join creatives c using (principal_id, creative_id)
    where a.package_id = p.package_id and c.status = 'approved'))`

/** True once nothing is missing that a buy waits for before its first day. */
export async function isReady(trx: Trx, media_buy_id: string): Promise<boolean> {
  const row = await trx
    .selectFrom('media_buys as buy')
    .select(ready.as('ready'))
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return row.ready
}

/** Where a buy `buy` stands that has just been accepted: waiting for creatives, for its first day, or for its buyer that wanted it paused. */
export const whereItBegins = sql<'pending_creatives' | 'pending_start' | 'paused'>`(case
  when coalesce(buy.request->'paused' = 'true', false) then 'paused'
  when ${ready} then 'pending_start' else 'pending_creatives' end)::media_buy_status`

/** The same of one that is about to be accepted. */
export async function acceptedStatus(trx: Trx, media_buy_id: string) {
  const { status } = await trx
    .selectFrom('media_buys as buy')
    .select(whereItBegins.as('status'))
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return status
}

/** Moves each media buy of a principal that waited for creatives and now has them all; returns those. */
export async function startReadyMediaBuys(
  trx: Trx,
  actor: Actor,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
  now: Date,
): Promise<string[]> {
  const buys = await trx
    .selectFrom('media_buys as buy')
    .select('buy.media_buy_id')
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.principal_id', '=', principal_id)
    .where('buy.status', '=', 'pending_creatives')
    .where(ready)
    .orderBy('buy.media_buy_id')
    .forUpdate()
    .execute()
  for (const { media_buy_id } of buys)
    await moveMediaBuy(trx, actor, {
      tenant_id,
      media_buy_id,
      to: 'pending_start',
      action: 'creatives_assigned',
      now,
    })
  return buys.map(({ media_buy_id }) => media_buy_id)
}
