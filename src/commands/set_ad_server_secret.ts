import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import type { Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'
import { recordAudit } from './record.ts'

export interface NewSecret {
  tenant_id: string
  connection_id: string
  secret: string
  by: string
  now: Date
}

/** Keeps the secret of a connection sealed, in place of the one before. Workers use it from their next call on. False where the tenant has no such connection. */
export async function setAdServerSecret(
  db: Db,
  seal: Seal,
  { tenant_id, connection_id, secret, by, now }: NewSecret,
): Promise<boolean> {
  const kept = {
    secret_sealed: seal.close(secret, about('secret_sealed', connection_id)),
    set_at: now,
    set_by: by,
  }
  return db.transaction().execute(async (trx) => {
    const connection = await trx
      .selectFrom('adapter_configs')
      .select('connection_id')
      .where('tenant_id', '=', tenant_id)
      .where('connection_id', '=', connection_id)
      .where('archived_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!connection) return false
    await trx
      .insertInto('ad_server_secrets')
      .values({ tenant_id, connection_id, ...kept })
      .onConflict((conflict) => conflict.column('connection_id').doUpdateSet(kept))
      .execute()
    // one that could not be reached without it is learned about now
    await enqueue(trx, 'sync_adapter_capabilities', { connection_id })
    const actor = { kind: 'operator', name: by } as const
    const what = { action: 'set_secret', subject_kind: 'connection', subject_id: connection_id } as const
    await recordAudit(trx, actor, { tenant_id, ...what })
    return true
  })
}
