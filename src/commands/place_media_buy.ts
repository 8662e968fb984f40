import type { Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { enqueue } from '../jobs.ts'

/**
 * Says that an accepted media buy must stand on its ad servers: one fulfilment and one job per connection, in the
 * caller's transaction. Does nothing for what is there already. A sandbox buy is placed nowhere.
 */
export async function placeMediaBuy(
  trx: Trx,
  buy: { tenant_id: string; media_buy_id: string; revision: number },
): Promise<void> {
  const connections = await selectConnections(trx, buy.media_buy_id).execute()
  for (const { connection_id } of connections) {
    const fulfilment_id = newId('ful')
    const inserted = await trx
      .insertInto('fulfilments')
      .values({
        fulfilment_id,
        connection_id,
        tenant_id: buy.tenant_id,
        media_buy_id: buy.media_buy_id,
        desired_revision: buy.revision,
      })
      .onConflict((oc) => oc.columns(['media_buy_id', 'connection_id']).doNothing())
      .returning('fulfilment_id')
      .executeTakeFirst()
    if (inserted) await enqueue(trx, 'fulfil_media_buy', { fulfilment_id })
  }
}

function selectConnections(trx: Trx, mediaBuyId: string) {
  return trx
    .selectFrom('media_packages as package')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'package.media_buy_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select('package.connection_id')
    .distinct()
    .where('package.media_buy_id', '=', mediaBuyId)
    .where('account.sandbox', '=', false)
    .orderBy('package.connection_id')
}
