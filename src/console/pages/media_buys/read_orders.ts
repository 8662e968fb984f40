import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import { currentGeneration } from '../../../queries/synced.ts'
import { pageOf } from '../../../queries/order_page.ts'
import type { FulfilmentState, FulfilmentStepState } from '../../../db/schema.ts'

/** One write on an ad server, or what is left of a plan. */
export interface OrderStep {
  kind: string
  package_id: string | null
  state: FulfilmentStepState
  attempts: number
  external_ids: Record<string, string>
  first_tried_at: string | null
  next_at: string | null
  done_at: string | null
  error: string | null
}
/** What stands, or is to stand, on one ad server for a media buy. */
export interface Order {
  connection_id: string
  connection: string
  state: FulfilmentState
  error: string | null
  order_ids: string[]
  /** Where its ad server shows orders to people, with `{order}` for the id; null: not known. */
  order_page: string | null
  /** When calls go there again, while nobody calls because too many failed; null: all is well. */
  broken_until: Date | null
  steps: OrderStep[]
}

/** The orders of a media buy with everything that was or will be sent, in order. */
export async function readOrders(db: ReadDb, tenant_id: string, media_buy_id: string): Promise<Order[]> {
  return db
    .selectFrom('fulfilments as f')
    .innerJoin('adapter_configs as c', 'c.connection_id', 'f.connection_id')
    .leftJoin('ad_server_traffic as traffic', 'traffic.connection_id', 'f.connection_id')
    .where('f.tenant_id', '=', tenant_id)
    .where('f.media_buy_id', '=', media_buy_id)
    .select([
      'f.connection_id',
      'c.name as connection',
      'f.state',
      sql<string | null>`f.last_error ->> 'message'`.as('error'),
      sql<string[]>`array(select external_id from ad_server_objects o where o.media_buy_id = f.media_buy_id
        and o.connection_id = f.connection_id and o.kind = 'order' order by o.created_at)`.as('order_ids'),
      pageOf('c', ordersAdvertiser).as('order_page'),
      'traffic.broken_until',
      steps.as('steps'),
    ])
    .orderBy('c.name')
    .execute()
}

/** Its advertiser there, as far as its orders were read. */
const ordersAdvertiser = sql`(select min(there.advertiser_id) from ad_server_orders there
  where there.generation = ${currentGeneration(sql.ref('f.connection_id'), 'orders')}
    and there.id in (select external_id collate "C" from ad_server_objects o where o.media_buy_id = f.media_buy_id
      and o.connection_id = f.connection_id and o.kind = 'order'))`

const utc = (column: string) =>
  sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

const steps = sql<OrderStep[]>`(
  select coalesce(json_agg(json_build_object(
    'kind', s.kind, 'package_id', s.package_id, 'state', s.state, 'attempts', s.attempts, 'external_ids', s.external_ids,
    'first_tried_at', ${utc('s.first_tried_at')}, 'next_at', ${utc('s.next_at')}, 'done_at', ${utc('s.done_at')},
    'error', s.last_error ->> 'message') order by s.position), '[]')
  from fulfilment_steps s where s.fulfilment_id = f.fulfilment_id)`

/** The page of an order in its ad server's own pages. */
export const pageOfOrder = (order_page: string, order_id: string): string =>
  order_page.replaceAll('{order}', encodeURIComponent(order_id))
