import type { ReadDb } from '../db/database.ts'

/** Every domain anybody sells here, with what is known of its adagents.json. */
export function selectAuthorisations(db: ReadDb) {
  return db
    .selectFrom('publisher_partners as d')
    .innerJoin('tenants as t', 't.tenant_id', 'd.tenant_id')
    .where('d.archived_at', 'is', null)
    .where('t.closed_at', 'is', null)
    .select(['d.tenant_id', 'd.publisher_domain', 'd.verification', 'd.detail', 'd.checked_at'])
    .select('t.sells_unverified')
    .orderBy('d.tenant_id')
    .orderBy('d.publisher_domain')
}
