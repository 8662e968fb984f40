import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'
import type { Run } from './run.ts'

/**
 * Writes down since when we know of each order of a page that people booked there and somebody agreed. Kept for good: buyers are told
 * that moment, and it is the order's place in their lists.
 */
export async function noteBooked(
  trx: Trx,
  { tenant_id, connection_id }: Run,
  rows: readonly unknown[],
  now: Date,
): Promise<void> {
  await sql`
    insert into booked_orders (tenant_id, connection_id, order_id, known_since)
    select ${tenant_id}, ${connection_id}, id, ${now}
    from jsonb_populate_recordset(null::ad_server_orders, ${JSON.stringify(rows)}::jsonb)
    where external_key is null and status not in ('draft', 'pending')
    on conflict do nothing`.execute(trx)
}
