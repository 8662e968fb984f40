import type { ReadDb } from '../db/database.ts'

/** What keeps a publisher's packages from delivering as they should, the oldest first. */
export function selectOpenConcerns(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('delivery_concerns as c')
    .innerJoin('media_packages as p', 'p.package_id', 'c.package_id')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'p.connection_id')
    .select([
      'c.media_buy_id',
      'c.package_id',
      'c.concern',
      'c.reason',
      'c.opened_at',
      'connection.name as connection',
    ])
    .where('c.tenant_id', '=', tenant_id)
    .where('c.closed_at', 'is', null)
    .orderBy('c.opened_at')
}
