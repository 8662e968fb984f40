import type { Db, Trx } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import type { Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'
import { recordAudit } from './record.ts'

export interface NewSecret {
  tenant_id: string
  connection_id: string
  secret: string
  by: string
  /** Who of the desk's people it is, where that is known. */
  user_id?: string
  now: Date
}

/** Keeps the secret of a connection sealed, in place of the one before. Workers use it from their next call on. False where the tenant has no such connection. */
export async function setAdServerSecret(db: Db, seal: Seal, secret: NewSecret): Promise<boolean> {
  return db.transaction().execute((trx) => keepAdServerSecret(trx, seal, secret))
}

/** The same in the caller's transaction. */
export async function keepAdServerSecret(
  trx: Trx,
  seal: Seal,
  { tenant_id, connection_id, secret, by, user_id, now }: NewSecret,
): Promise<boolean> {
  const connection = await trx
    .selectFrom('adapter_configs')
    .select(['archived_at', 'name'])
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .where(({ or, eb }) => or([eb('archived_at', 'is', null), eb('connected_at', 'is', null)]))
    .forNoKeyUpdate()
    .executeTakeFirst()
  if (!connection) return false
  const kept = {
    secret_sealed: seal.close(secret, about('secret_sealed', connection_id)),
    set_at: now,
    set_by: by,
  }
  const before = await trx
    .selectFrom('ad_server_secrets')
    .select(['set_by', 'set_at'])
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .executeTakeFirst()
  await trx
    .insertInto('ad_server_secrets')
    .values({ tenant_id, connection_id, ...kept })
    .onConflict((conflict) => conflict.column('connection_id').doUpdateSet(kept))
    .execute()
  // one that could not be reached without it is learned about now
  if (connection.archived_at === null) await enqueue(trx, 'sync_adapter_capabilities', { connection_id })
  const actor = { kind: 'operator', name: by, ...(user_id !== undefined && { user_id }) } as const
  const what = { action: 'set_secret', subject_kind: 'connection', subject_id: connection_id } as const
  const detail = { name: connection.name, instead_of: before ?? null }
  await recordAudit(trx, actor, { tenant_id, ...what, detail })
  return true
}
