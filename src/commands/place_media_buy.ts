import { sql } from 'kysely'
import { mediaBuyTransitions } from '../adcp/media_buy_lifecycle.ts'
import { compiledWrite } from '../db/compiled.ts'
import type { Trx } from '../db/database.ts'
import { enqueueFulfilment } from '../jobs.ts'
import { traceparent } from '../trace.ts'

/**
 * Says that an accepted media buy must stand on its ad servers as it is at this revision: one fulfilment and one job for each
 * connection, in the caller's transaction. Call it after every change an ad server must learn, also after a pause or a
 * cancellation; whatever a fulfilment is doing, it ends at the last revision. A sandbox buy is placed nowhere.
 */
export async function placeMediaBuy(trx: Trx, { tenant_id, media_buy_id, revision }: Placed): Promise<void> {
  await insertOrRaise(trx, { tenant_id, media_buy_id, revision, over, trace: traceparent() ?? null })
}

interface Placed {
  tenant_id: string
  media_buy_id: string
  revision: number
}
interface Wanted extends Placed {
  /** What a buy has that is placed no more. */
  over: readonly string[]
  trace: string | null
}

const over = Object.entries(mediaBuyTransitions).flatMap(([status, next]) =>
  next.length === 0 ? [status] : [],
)

/** As newId makes them, for as many rows as there are. */
const aNewId = sql`'ful_' || translate(encode(uuid_send(gen_random_uuid()), 'base64'), '+/=', '-_')`

/**
 * A fulfilment for each ad server that packages live on and that has none yet, another revision for each that there is, and their
 * jobs, in one statement: a row that is written twice in a transaction has its references checked again. Callers hold the buy's row.
 */
const insertOrRaise = compiledWrite(
  (_db, { tenant_id, media_buy_id, revision, over, trace }: Wanted) =>
    sql`
    with raised as (
      -- always another one: what changed need not have changed the buy's own revision
      update fulfilments set desired_revision = greatest(desired_revision + 1, ${revision}::int)
      where tenant_id = ${tenant_id} and media_buy_id = ${media_buy_id}
      returning fulfilment_id
    ), added as (
      insert into fulfilments (fulfilment_id, connection_id, tenant_id, media_buy_id, desired_revision)
      select ${aNewId}, package.connection_id, ${tenant_id}, ${media_buy_id}, ${revision}::int
      from media_packages package
      join media_buys buy using (tenant_id, media_buy_id)
      join accounts account using (account_id)
      where buy.tenant_id = ${tenant_id} and buy.media_buy_id = ${media_buy_id} and buy.status <> all(${over}::media_buy_status[])
        and not package.canceled and not account.sandbox
      group by package.connection_id order by package.connection_id
      on conflict (media_buy_id, connection_id) do nothing
      returning fulfilment_id
    )
    select ${enqueueFulfilment(trace)} from (select * from raised union all select * from added) as placed`,
)
