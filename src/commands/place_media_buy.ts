import { sql, type Insertable } from 'kysely'
import { isOver } from '../adcp/media_buy_lifecycle.ts'
import { compiled, compiledWrite } from '../db/compiled.ts'
import type { Trx } from '../db/database.ts'
import type { DB } from '../db/schema.ts'
import { newId } from '../ids.ts'
import { enqueue } from '../jobs.ts'

/**
 * Says that an accepted media buy must stand on its ad servers as it is at this revision: one fulfilment and one job for each
 * connection, in the caller's transaction. Call it after every change an ad server must learn, also after a pause or a
 * cancellation; whatever a fulfilment is doing, it ends at the last revision. A sandbox buy is placed nowhere.
 */
export async function placeMediaBuy(
  trx: Trx,
  buy: { tenant_id: string; media_buy_id: string; revision: number },
): Promise<void> {
  await insertMissing(trx, buy)
  const { tenant_id, media_buy_id, revision } = buy
  const fulfilments = await raise(trx, { tenant_id, media_buy_id, revision })
  for (const { fulfilment_id } of fulfilments) await enqueue(trx, 'fulfil_media_buy', { fulfilment_id })
}

const raise = compiledWrite((db, buy: { tenant_id: string; media_buy_id: string; revision: number }) =>
  db
    .updateTable('fulfilments')
    // always another one: what changed need not have changed the buy's own revision
    .set({ desired_revision: sql`greatest(desired_revision + 1, ${buy.revision})` })
    .where('tenant_id', '=', buy.tenant_id)
    .where('media_buy_id', '=', buy.media_buy_id)
    .returning('fulfilment_id'),
)

/** A fulfilment for each ad server that packages live on and that has none yet. */
async function insertMissing(trx: Trx, buy: { tenant_id: string; media_buy_id: string; revision: number }) {
  const { tenant_id, media_buy_id, revision } = buy
  const packages = await selectPackages(trx, { tenant_id, media_buy_id })
  const wanted = packages.filter(({ status }) => !isOver(status))
  if (wanted.length === 0) return
  await insertFulfilments(trx, {
    rows: wanted.map(({ connection_id }) => ({
      fulfilment_id: newId('ful'),
      connection_id,
      tenant_id,
      media_buy_id,
      // raised afterwards, like all others
      desired_revision: revision - 1,
    })),
  })
}

const insertFulfilments = compiledWrite((db, { rows }: { rows: Insertable<DB['fulfilments']>[] }) =>
  db
    .insertInto('fulfilments')
    .values(rows)
    .onConflict((oc) => oc.columns(['media_buy_id', 'connection_id']).doNothing()),
)

const selectPackages = compiled((db, asked: { tenant_id: string; media_buy_id: string }) =>
  db
    .selectFrom('media_packages as package')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'package.media_buy_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select(['package.connection_id', 'buy.status'])
    .distinct()
    .where('package.media_buy_id', '=', asked.media_buy_id)
    .where('buy.tenant_id', '=', asked.tenant_id)
    .where('package.canceled', '=', false)
    .where('account.sandbox', '=', false)
    .orderBy('package.connection_id'),
)
