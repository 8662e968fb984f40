import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'

/** Somebody of the publisher who looks after its ad servers. */
export interface By {
  tenant_id: string
  connection_id: string
  by: string
  user_id: string
  now: Date
}

export const actorOf = ({ by, user_id }: By) => ({ kind: 'operator', name: by, user_id }) as const

/** What is audited about a connection. */
export const ofConnection = ({ tenant_id, connection_id }: By, action: string) =>
  ({ tenant_id, action, subject_kind: 'connection', subject_id: connection_id }) as const

/** A connection that is in use or being set up, locked; undefined where the publisher has none of that id. */
export async function lockConnection(trx: Trx, { tenant_id, connection_id }: By) {
  const row = await trx
    .selectFrom('adapter_configs')
    .select([
      'kind',
      'name',
      'settings',
      'connected_at',
      'withdrawn_at',
      'sync_inventory_minutes',
      'sync_orders_minutes',
      'sync_whole_hours',
      'delivery_minutes',
      'corrections_days',
    ])
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .where(sql<boolean>`(archived_at is null or connected_at is null)`)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && { ...row, settings: row.settings as Record<string, unknown> }
}
export type LockedConnection = NonNullable<Awaited<ReturnType<typeof lockConnection>>>
