import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import type { NetworkFacts } from './network_facts.ts'

/** A publisher's connections to ad servers, in use or being set up: what is known of each and how it fares. Never a secret. */
export function selectAdServers(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('adapter_configs as c')
    .leftJoin('ad_server_secrets as kept', 'kept.connection_id', 'c.connection_id')
    .leftJoin('ad_server_traffic as traffic', 'traffic.connection_id', 'c.connection_id')
    .select([
      'c.connection_id',
      'c.kind',
      'c.name',
      'c.settings',
      'c.capabilities',
      'c.capabilities_synced_at',
      'c.network_read_at',
      'c.connected_at',
      'c.connected_by',
      'c.withdrawn_at',
      'c.kept_in',
      'c.secret_name',
      'c.created_at',
      'c.sync_inventory_minutes',
      'c.sync_orders_minutes',
      'c.sync_whole_hours',
      'c.delivery_minutes',
      'c.corrections_days',
      'kept.set_at',
      'kept.set_by',
      'traffic.next_call_at',
      'traffic.broken_until',
      sql<number>`coalesce(traffic.failures, 0)`.as('failures'),
      sql<NetworkFacts | null>`c.network`.as('network'),
      sql<number>`(select count(*)::int from fulfilments f
        where f.connection_id = c.connection_id and f.state not in ('placed', 'refused', 'canceled'))`.as(
        'orders_waiting',
      ),
      sql<number>`(select count(*)::int from products p
        where p.tenant_id = c.tenant_id and p.connection_id = c.connection_id and p.archived_at is null and p.sandbox_of is null)`.as(
        'products',
      ),
      sql<Date | null>`(select max(finished_at) from sync_jobs s
        where s.connection_id = c.connection_id and s.state = 'current')`.as('last_success_at'),
      sql<string[]>`(select coalesce(array_agg(kind order by kind), '{}') from (
        select distinct on (kind) kind, state, error ->> 'code' as code from sync_jobs
        where connection_id = c.connection_id order by kind, generation desc) last
        where state = 'failed' and code is distinct from 'stopped')`.as('not_read'),
    ])
    .where('c.tenant_id', '=', tenant_id)
    .where(sql<boolean>`(c.archived_at is null or c.connected_at is null)`)
    .orderBy('c.name')
    .orderBy('c.connection_id')
}
export type AdServer = Awaited<ReturnType<ReturnType<typeof selectAdServers>['execute']>>[number]

/** What was last looked at of a connection, or is being. */
export function selectLastCheck(db: ReadDb, connection_id: string) {
  return db
    .selectFrom('connection_checks')
    .select([
      'asked_by',
      'asked_at',
      'finished_at',
      sql<{ ok: boolean; subject: string; text: string }[]>`findings`.as('findings'),
      sql<Partial<Record<string, { value: string; label: string }[]>>>`choices`.as('choices'),
    ])
    .where('connection_id', '=', connection_id)
    .orderBy('number', 'desc')
    .limit(1)
}
export type Check = NonNullable<Awaited<ReturnType<ReturnType<typeof selectLastCheck>['executeTakeFirst']>>>
