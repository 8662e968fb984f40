import type { ReadDb } from '../db/database.ts'

/** A publisher's connections with where their secrets are, never the secrets. An archived one only while a secret of it is kept. */
export function selectSecrets(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('adapter_configs as c')
    .leftJoin('ad_server_secrets as kept', (join) =>
      join.onRef('kept.tenant_id', '=', 'c.tenant_id').onRef('kept.connection_id', '=', 'c.connection_id'),
    )
    .select(['c.connection_id', 'c.secret_name', 'c.archived_at', 'kept.set_at', 'kept.set_by'])
    .where('c.tenant_id', '=', tenant_id)
    .where(({ or, eb }) => or([eb('c.archived_at', 'is', null), eb('kept.set_at', 'is not', null)]))
    .orderBy('c.connection_id')
}
