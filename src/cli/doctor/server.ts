import { sql } from 'kysely'
import type { Config } from '../../config.ts'
import type { Db } from '../../db/database.ts'
import { poolsOf } from '../../from_config.ts'
import type { Finding } from './checks.ts'

/** Pages that follow changes, and who watches the process (`/readyz`, `/metrics`). */
const BESIDES_OF_A_SERVER = 1 + 2
/** Whether the worker lives, and who watches the process. */
const BESIDES_OF_A_WORKER = 1 + 2
/** Further apart, and what was bought looks as if it were of another moment. */
const APART_SECONDS = 5

/**
 * Whether PostgreSQL has connections for one server beside the workers there are, all of them as busy as this configuration lets them
 * be. Servers are not known to the desk, so how many more would have room is said.
 */
export async function checkConnections(db: Db, config: Config): Promise<Finding> {
  const { allowed, used, others, workers } = await db
    .selectNoFrom([allowedConnections.as('allowed'), count(sql`true`).as('used')])
    .select(count(sql`coalesce(application_name, '') not like 'salesdesk %'`).as('others'))
    .select(
      sql<number>`(select count(*)::int from workers where seen_at > now() - interval '20 seconds')`.as(
        'workers',
      ),
    )
    .executeTakeFirstOrThrow()
  const { tools, reads, tasks, queue } = poolsOf(config)
  const [server, worker] = [tools + reads + BESIDES_OF_A_SERVER, tasks + queue + BESIDES_OF_A_WORKER]
  const left = allowed - others - workers * worker
  const subject = 'connections'
  const text = `${used} of ${allowed} in use; set as here, a server opens up to ${server} and a worker up to ${worker}`
  if (left < server)
    return {
      ok: false,
      subject,
      text: `${text}, so there is no room for a server beside ${workers} workers; raise max_connections of PostgreSQL, or lower DATABASE_CONNECTIONS or WORKER_CONCURRENCY`,
    }
  return {
    ok: true,
    subject,
    text: `${text}: room for ${Math.floor(left / server)} servers beside ${workers} workers`,
  }
}

/** What PostgreSQL lets this user open in this database; -1 is no limit of its own. */
const allowedConnections = sql<number>`(select least(
    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
      - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int,
    (select nullif(rolconnlimit, -1) from pg_roles where rolname = current_user),
    (select nullif(datconnlimit, -1) from pg_database where datname = current_database())))`

// of sessions of other users PostgreSQL hides all but whose they are
const count = (which: ReturnType<typeof sql>) =>
  sql<number>`(select count(*) filter (where ${which})::int from pg_stat_activity
    where datname is not null and coalesce(backend_type, 'client backend') = 'client backend')`

/** Whether this machine's clock and PostgreSQL's agree: the desk takes the time from both. */
export async function checkClock(db: Db, now = Date.now): Promise<Finding> {
  const before = now()
  const { theirs } = await db
    .selectNoFrom(sql<Date>`clock_timestamp()`.as('theirs'))
    .executeTakeFirstOrThrow()
  const after = now()
  const seconds = ((before + after) / 2 - theirs.getTime()) / 1000
  const within = (after - before) / 2000
  const text = `${Math.abs(seconds).toFixed(1)} s ${seconds < 0 ? 'behind' : 'ahead of'} PostgreSQL’s`
  const ok = Math.abs(seconds) - within < APART_SECONDS
  return { ok, subject: 'clock', text: ok ? text : `${text}; let NTP set both machines` }
}

/** Whether PostgreSQL tidies up after itself and learns how large its tables are; without that, each call takes longer than the one before. */
export async function checkAutovacuum(db: Db): Promise<Finding> {
  const { off } = await db
    .selectNoFrom(
      sql<string[]>`array(select name from unnest(array['autovacuum', 'track_counts']) as name
        where current_setting(name) = 'off')`.as('off'),
    )
    .executeTakeFirstOrThrow()
  const subject = 'autovacuum'
  if (off.length === 0) return { ok: true, subject, text: 'on' }
  const text = `PostgreSQL neither tidies its tables up nor learns how large they are; set ${off.join(' and ')} to on`
  return { ok: false, subject, text }
}
