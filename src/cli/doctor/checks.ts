import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'

/** So often in a row reading figures has to fail before somebody should look. */
const FAILURES_TO_TELL = 3

/** What one check of the database found, for one line. */
export interface Finding {
  ok: boolean
  subject: string
  text: string
}

/** Whether anything is on sale and anybody may buy. */
export async function checkPublisher(db: Db): Promise<Finding> {
  const { products, tokens } = await db
    .selectNoFrom([
      sql<number>`(select count(*)::int from products join tenants using (tenant_id)
        where sandbox_of is null and archived_at is null and closed_at is null)`.as('products'),
      sql<number>`(select count(*)::int from principal_tokens where revoked_at is null)`.as('tokens'),
    ])
    .executeTakeFirstOrThrow()
  if (products === 0)
    return { ok: false, subject: 'publisher', text: 'nothing is on sale; run salesdesk seed <file>' }
  if (tokens === 0)
    return {
      ok: false,
      subject: 'publisher',
      text: `${products} products on sale, but nobody has a token; run salesdesk token <principal>`,
    }
  return { ok: true, subject: 'publisher', text: `${products} products on sale, ${tokens} tokens` }
}

/** Each connection to an ad server: what is known of it, and how it fares. */
export async function checkAdServers(db: Db): Promise<Finding> {
  const rows = await db
    .selectFrom('adapter_configs as c')
    .leftJoin('ad_server_traffic as traffic', 'traffic.connection_id', 'c.connection_id')
    .select(['c.name', 'c.capabilities_synced_at', 'traffic.broken_until'])
    .where('c.archived_at', 'is', null)
    .orderBy('c.name')
    .execute()
  const silent = rows.filter((row) => row.capabilities_synced_at === null).map((row) => row.name)
  if (silent.length > 0)
    return {
      ok: false,
      subject: 'ad servers',
      text: `not heard of yet: ${silent.join(', ')}; start a worker and see its log`,
    }
  const broken = rows.filter((row) => row.broken_until !== null).map((row) => row.name)
  if (broken.length > 0)
    return {
      ok: false,
      subject: 'ad servers',
      text: `out of order, so their orders wait: ${broken.join(', ')}; see the worker's log`,
    }
  return { ok: true, subject: 'ad servers', text: rows.map((row) => row.name).join(', ') || 'none' }
}

/** Which workers are alive. */
export async function checkWorkers(db: Db): Promise<Finding> {
  const alive = await db
    .selectFrom('workers')
    .select(['host', 'process_id', sql<number>`extract(epoch from now() - seen_at)::int`.as('age')])
    .where('seen_at', '>', sql<Date>`now() - interval '20 seconds'`)
    .execute()
  if (alive.length === 0)
    return {
      ok: false,
      subject: 'workers',
      text: 'none is running, so no order is placed; run salesdesk work (or start)',
    }
  return {
    ok: true,
    subject: 'workers',
    text: alive.map((row) => `${row.host}:${row.process_id} (${row.age} s ago)`).join(', '),
  }
}

/** Jobs that wait, are late or were given up. */
export async function checkQueue(db: Db): Promise<Finding> {
  const rows = sql<{ waiting: number; running: number; dead: number; which: string | null; late: number }>`(
    select count(*) filter (where locked_at is null and attempts < max_attempts)::int as waiting,
      count(*) filter (where locked_at is not null)::int as running,
      count(*) filter (where locked_at is null and attempts >= max_attempts)::int as dead,
      string_agg(distinct task_identifier, ', ') filter (where locked_at is null and attempts >= max_attempts) as which,
      coalesce(extract(epoch from now() - min(run_at) filter (where locked_at is null and attempts < max_attempts and run_at < now())), 0)::int as late
    from graphile_worker.jobs)`
  const queue = await db.selectFrom(rows.as('queue')).selectAll().executeTakeFirstOrThrow()
  const text = `${queue.waiting} waiting, ${queue.running} running${queue.late > 0 ? `, oldest due for ${queue.late} s` : ''}`
  if (queue.dead > 0)
    return {
      ok: false,
      subject: 'queue',
      text: `${text}, ${queue.dead} given up (${queue.which ?? 'unknown'}); see the worker's log`,
    }
  return { ok: queue.late < 60, subject: 'queue', text }
}

/** What waits for a person. */
export async function checkPeople(db: Db): Promise<Finding> {
  const { approvals, stuck } = await db
    .selectNoFrom([
      sql<number>`(select count(*)::int from workflow_steps where status = 'requires_approval')`.as(
        'approvals',
      ),
      sql<number>`(select count(*)::int from workflow_steps where kind = 'needs_human' and status = 'pending')`.as(
        'stuck',
      ),
    ])
    .executeTakeFirstOrThrow()
  return {
    ok: stuck === 0,
    subject: 'people',
    text: `${approvals} approvals wait, ${stuck} orders need a person${stuck > 0 ? '; run salesdesk steps' : ''}`,
  }
}

/** Webhooks no buyer took, and the key they need. */
export async function checkWebhooks(db: Db, encryptionKey: string | undefined): Promise<Finding> {
  const subject = 'webhooks'
  const { waiting, dead, kept } = await db
    .selectNoFrom([
      sql<number>`(select count(*)::int from webhook_events where state = 'pending')`.as('waiting'),
      sql<number>`(select count(*)::int from webhook_events where state = 'dead')`.as('dead'),
      sql<number>`(select count(*)::int from push_notification_configs)`.as('kept'),
    ])
    .executeTakeFirstOrThrow()
  const text = `${waiting} waiting`
  if (dead > 0) return { ok: false, subject, text: `${text}, ${dead} dead; run salesdesk webhooks` }
  if (encryptionKey === undefined)
    return {
      ok: kept === 0,
      subject,
      text: `${text}; none is promised, because SALESDESK_ENCRYPTION_KEY is not set (see .env.example)`,
    }
  return { ok: true, subject, text }
}

/** Whether the figures of all ad servers are read. One that failed now and then is not worth a word. */
export async function checkFigures(db: Db): Promise<Finding> {
  const subject = 'figures'
  const rows = await db
    .selectFrom('delivery_readings as r')
    .innerJoin('adapter_configs as c', 'c.connection_id', 'r.connection_id')
    .select(['c.name', 'r.failures', sql<string | null>`r.last_error ->> 'message'`.as('why')])
    .select(sql<number | null>`extract(epoch from now() - r.read_at)::int / 60`.as('minutes'))
    .select(sql<boolean>`c.capabilities is null or c.capabilities ? 'reports'`.as('reports'))
    .where('c.archived_at', 'is', null)
    .orderBy('c.name')
    .execute()
  const failing = rows.filter(
    ({ failures, why }) => failures >= FAILURES_TO_TELL || (failures === 0 && why !== null),
  )
  if (failing.length > 0)
    return {
      ok: false,
      subject,
      text: failing.map(({ name, why }) => `${name}: ${why ?? 'unknown'}`).join('; '),
    }
  const read = rows.filter(({ minutes }) => minutes !== null)
  const text = read.map(({ name, minutes }) => `${name} ${minutes} min ago`).join(', ')
  const none = rows.filter(({ reports }) => !reports).map(({ name }) => name)
  const silent = none.length === 0 ? '' : `; no reports are made by ${none.join(', ')}`
  return { ok: true, subject, text: (text === '' ? 'none was read yet' : `read: ${text}`) + silent }
}
