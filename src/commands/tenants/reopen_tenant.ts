import type { Db, Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { recordAudit, type Actor } from '../record.ts'

/**
 * Opens a publisher again that was closed or retired: its people may sign in, the buyers and ad servers it had then are back. Tokens and
 * secrets that ended do not come back. False where it is open.
 */
export async function reopenTenant(
  db: Db,
  { tenant_id, by }: { tenant_id: string; by: Actor },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('tenants')
      .select(['closed_at', 'retired_at'])
      .where('tenant_id', '=', tenant_id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!before?.closed_at) return false
    await trx
      .updateTable('principals')
      .set({ archived_at: null })
      .where('tenant_id', '=', tenant_id)
      .where('archived_at', '=', before.closed_at)
      .execute()
    if (before.retired_at) await takeUpAdServers(trx, tenant_id, before.retired_at)
    const open = { closed_at: null, retired_at: null }
    await trx.updateTable('tenants').set(open).where('tenant_id', '=', tenant_id).execute()
    const what = { action: 'reopen_publisher', subject_kind: 'tenant', subject_id: tenant_id } as const
    await recordAudit(trx, by, { tenant_id, ...what })
    return true
  })
}

async function takeUpAdServers(trx: Trx, tenant_id: string, retired_at: Date) {
  const connections = await trx
    .updateTable('adapter_configs')
    .set({ archived_at: null })
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', '=', retired_at)
    .returning('connection_id')
    .execute()
  for (const connection of connections) await enqueue(trx, 'sync_adapter_capabilities', connection)
}
