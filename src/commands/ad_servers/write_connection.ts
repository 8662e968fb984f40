import { sql } from 'kysely'
import { jsonb, type Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'

/** A connection as the publisher file or a form has it. */
export interface ConnectionTerms {
  tenant_id: string
  connection_id: string
  kind: string
  name: string
  settings: Record<string, unknown>
  sync_inventory_minutes: number
  sync_orders_minutes: number
  sync_whole_hours: number
  delivery_minutes: number
  corrections_days: number
}

/**
 * Brings a connection that is in use to these terms; one that is new, changed or was archived is asked anew what it can do. What
 * a worker has learned of it stays. False if it says the same already.
 */
export async function writeConnection(
  trx: Trx,
  { settings, ...terms }: ConnectionTerms,
  kept: { kept_in: 'file'; secret_name: string | null } | { kept_in: 'console' },
): Promise<boolean> {
  const row = { ...terms, ...kept, settings: jsonb(settings), archived_at: null }
  const columns = Object.keys(row).filter((name) => name !== 'connection_id')
  const written = await trx
    .insertInto('adapter_configs')
    .values(row)
    .onConflict((oc) =>
      oc
        .column('connection_id')
        .doUpdateSet(({ ref }) => ({
          ...row,
          connected_at: sql<Date>`coalesce(adapter_configs.connected_at, ${ref('excluded.connected_at')})`,
        }))
        .where(
          sql<boolean>`(${names('adapter_configs', columns)}) is distinct from (${names('excluded', columns)})`,
        ),
    )
    .returning('connection_id')
    .executeTakeFirst()
  if (!written) return false
  await enqueue(trx, 'sync_adapter_capabilities', { connection_id: terms.connection_id })
  return true
}

const names = (table: string, columns: readonly string[]) =>
  sql.join(columns.map((column) => sql.ref(`${table}.${column}`)))
