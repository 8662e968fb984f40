import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../db/database.ts'

/** What the database tells of the whole desk, whichever process asks. Read by indexes or from small tables alone. */
export interface Figures {
  queue: { job: string; waiting: number; later: number; running: number; given_up: number; oldest: number }[]
  workers: number
  syncs: { adapter: string; kind: string; age: number; late: number }[]
  connections: { adapter: string; all: number; out_of_order: number }[]
  webhooks: { pending: number; dead: number; oldest: number; overdue: number }
  people: { approvals: number; oldest_approval: number; orders: number }
}

/** A worker is written down every five seconds. */
const SEEN_LATELY = sql`interval '20 seconds'`

/** Ages are in seconds and never below 0. Sandbox and archived connections included where rows of them are at work. */
export async function readFigures(db: Db): Promise<Figures> {
  const rows = async <T>(query: RawBuilder<T>) => (await query.execute(db)).rows
  const one = async <T>(query: RawBuilder<T>) => (await rows(query))[0] as T
  return {
    queue: await rows(queue),
    workers: (await one(workers)).alive,
    syncs: await rows(syncs),
    connections: await rows(connections),
    webhooks: await one(webhooks),
    people: await one(people),
  }
}

const seconds = (since: RawBuilder<unknown>) =>
  sql`coalesce(greatest(0, extract(epoch from now() - ${since})), 0)::float8`

const queue = sql<Figures['queue'][number]>`
  select t.identifier as job,
    count(*) filter (where locked_at is null and attempts < max_attempts and run_at <= now())::int as waiting,
    count(*) filter (where locked_at is null and attempts < max_attempts and run_at > now())::int as later,
    count(*) filter (where locked_at is not null)::int as running,
    count(*) filter (where locked_at is null and attempts >= max_attempts)::int as given_up,
    ${seconds(sql`min(run_at) filter (where locked_at is null and attempts < max_attempts)`)} as oldest
  from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
  group by t.identifier`

const workers = sql<{ alive: number }>`
  select count(distinct (host, process_id))::int as alive from workers where seen_at > now() - ${SEEN_LATELY}`

/** Late: older than twice the time between two readings. */
const syncs = sql<Figures['syncs'][number]>`
  select c.kind as adapter, s.kind, max(${seconds(sql`s.started_at`)}) as age,
    count(*) filter (where s.started_at < now() - interval '2 minutes'
      * case when s.kind in ('orders', 'line_items') then c.sync_orders_minutes else c.sync_inventory_minutes end)::int as late
  from sync_jobs s join adapter_configs c on c.connection_id = s.connection_id
  where s.state = 'current' and c.archived_at is null
  group by c.kind, s.kind`

const connections = sql<Figures['connections'][number]>`
  select c.kind as adapter, count(*)::int as all, count(t.broken_until)::int as out_of_order
  from adapter_configs c left join ad_server_traffic t on t.connection_id = c.connection_id
  where c.archived_at is null group by c.kind`

const webhooks = sql<Figures['webhooks']>`
  select count(*)::int as pending, ${seconds(sql`min(created_at)`)} as oldest, ${seconds(sql`min(next_at)`)} as overdue,
    (select count(*)::int from webhook_events where state = 'dead') as dead
  from webhook_events where state = 'pending'`

const people = sql<Figures['people']>`
  select count(*) filter (where status = 'requires_approval')::int as approvals,
    ${seconds(sql`min(created_at) filter (where status = 'requires_approval')`)} as oldest_approval,
    count(*) filter (where kind = 'needs_human')::int as orders
  from workflow_steps where status in ('requires_approval', 'pending', 'in_progress')`
