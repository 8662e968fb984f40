import { sql, type RawBuilder } from 'kysely'
import type { ReadKind } from '../capabilities.ts'
import type { DB } from '../db/schema.ts'

/** Where the rows of each kind are kept, in columns named as adapters name them. */
export const syncedTables = {
  ad_units: {
    table: 'inventory_units',
    columns: ['id', 'name', 'standing', 'parent_id', 'code', 'sizes'],
  },
  placements: {
    table: 'placements',
    columns: ['id', 'name', 'standing', 'description', 'ad_unit_ids'],
  },
  targeting_keys: {
    table: 'targeting_keys',
    columns: ['id', 'name', 'standing', 'display_name', 'predefined'],
  },
  targeting_values: {
    table: 'targeting_values',
    columns: ['id', 'name', 'standing', 'key_id', 'display_name'],
  },
  audience_segments: {
    table: 'audience_segments',
    columns: ['id', 'name', 'standing', 'description', 'size'],
  },
  orders: {
    table: 'ad_server_orders',
    columns: [
      ...['id', 'name', 'advertiser_id', 'external_key', 'status'],
      ...['currency', 'budget', 'start_time', 'end_time', 'po_number'],
    ],
  },
  line_items: {
    table: 'ad_server_line_items',
    columns: [
      ...['id', 'name', 'order_id', 'external_key', 'status', 'pricing_model', 'price'],
      ...['currency', 'goal', 'start_time', 'end_time', 'delivered'],
    ],
  },
} satisfies Record<ReadKind, { table: keyof DB; columns: string[] }>

/**
 * The generation everybody reads of a kind, for `where generation = …`; null before the first is whole. Rows of others are on
 * their way in or out.
 */
export function currentGeneration(connection_id: string | RawBuilder<string>, kind: ReadKind) {
  return sql<string>`(select generation from sync_jobs
    where connection_id = ${connection_id} and kind = ${kind} and state = 'current')`
}
