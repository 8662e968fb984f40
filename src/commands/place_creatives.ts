import type { Trx } from '../db/database.ts'
import { placeMediaBuy } from './place_media_buy.ts'

/**
 * Lets the ad servers learn what became of these creatives of a principal: each accepted media buy that goes on and has one of
 * them on a package is placed anew. Call it after creatives were changed, approved, archived, put on packages or judged.
 */
export async function placeCreatives(
  trx: Trx,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
  creative_ids: readonly string[],
): Promise<void> {
  if (creative_ids.length === 0) return
  const packages = trx
    .selectFrom('creative_assignments as a')
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .select('p.media_buy_id')
    .where('a.principal_id', '=', principal_id)
    .where('a.creative_id', 'in', [...creative_ids])
    .where('p.canceled', '=', false)
  const buys = await trx
    .selectFrom('media_buys as buy')
    .select(['buy.media_buy_id', 'buy.revision'])
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.principal_id', '=', principal_id)
    .where('buy.media_buy_id', 'in', packages)
    .where('buy.confirmed_at', 'is not', null)
    .where('buy.status', 'not in', ['completed', 'rejected', 'canceled'])
    .orderBy('buy.media_buy_id')
    .forUpdate()
    .execute()
  for (const { media_buy_id, revision } of buys)
    await placeMediaBuy(trx, { tenant_id, media_buy_id, revision })
}
