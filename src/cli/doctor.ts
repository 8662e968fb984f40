import type { Command } from 'commander'
import { sql } from 'kysely'
import { createDb, createPool, type Db } from '../db/database.ts'
import { pendingMigrations } from '../db/migrate.ts'
import { explain } from './explain.ts'
import { say, withEnvironment, type Environment } from './environment.ts'

interface Finding {
  ok: boolean
  subject: string
  text: string
}
/** At least one check failed; each said so on its own line already. */
export class UnwellError extends Error {
  override name = 'UnwellError'
}
const OLDEST_NODE = [20, 19] as const

export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Check Node, configuration, database, migrations, workers and queue; one line each.')
    .action(async () => {
      const findings: Finding[] = []
      const tell = (finding: Finding) => {
        findings.push(finding)
        say(`${finding.ok ? 'ok  ' : 'FAIL'}  ${finding.subject.padEnd(14)} ${finding.text}`)
      }
      tell(checkNode(process.versions.node))
      try {
        await withEnvironment((environment) => examine(environment, tell))
      } catch (error) {
        tell({
          ok: false,
          subject: (error as Error).name === 'ConfigError' ? 'configuration' : 'database',
          text: explain(error),
        })
      }
      const failed = findings.filter(({ ok }) => !ok).length
      if (failed > 0) throw new UnwellError(`${failed} of ${findings.length} checks failed.`)
    })
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const ok = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])
  return { ok, subject: 'node', text: ok ? version : `${version} is too old; 20.19 or newer is needed` }
}

async function examine({ config, log, databaseUrl, dataDir }: Environment, tell: (finding: Finding) => void) {
  tell({
    ok: true,
    subject: 'configuration',
    text: `${config.DATABASE_URL === undefined ? 'embedded database' : 'DATABASE_URL'}, port ${config.PORT}, ${config.WORKER_CONCURRENCY} jobs at once`,
  })
  const pool = createPool(databaseUrl, { max: 2, log, name: 'doctor' })
  const db = createDb(pool)
  try {
    const { version } = await db
      .selectNoFrom(sql<string>`current_setting('server_version')`.as('version'))
      .executeTakeFirstOrThrow()
    tell({
      ok: true,
      subject: 'database',
      text: `PostgreSQL ${version}${dataDir === undefined ? '' : ` in ${dataDir}`}`,
    })
    const missing = await pendingMigrations(pool)
    tell({
      ok: missing.length === 0,
      subject: 'migrations',
      text: missing.length === 0 ? 'up to date' : `${missing.length} missing; run salesdesk migrate`,
    })
    if (missing.length > 0) return
    for (const check of [checkPublisher, checkAdServers, checkWorkers, checkQueue, checkPeople])
      tell(await check(db))
    tell(await checkWebhooks(db, config.SALESDESK_ENCRYPTION_KEY))
  } finally {
    await pool.end()
  }
}

async function checkPublisher(db: Db): Promise<Finding> {
  const { products, tokens } = await db
    .selectNoFrom([
      sql<number>`(select count(*)::int from products where sandbox_of is null and archived_at is null)`.as(
        'products',
      ),
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

async function checkAdServers(db: Db): Promise<Finding> {
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

async function checkWorkers(db: Db): Promise<Finding> {
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

async function checkQueue(db: Db): Promise<Finding> {
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

async function checkPeople(db: Db): Promise<Finding> {
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

async function checkWebhooks(db: Db, encryptionKey: string | undefined): Promise<Finding> {
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
