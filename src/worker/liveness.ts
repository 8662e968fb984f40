import pg from 'pg'
import type { Log } from '../log.ts'

const REAP_EVERY_MS = 1000
/** A pool that has just started may hold jobs a moment before it holds its lock. */
const GRACE = '3 seconds'
const ANSWER_MS = 10_000

export interface Liveness {
  /** Fires when this worker's own session broke: others may take over its jobs from then on. */
  lost: AbortSignal
  /** Says that the jobs this pool holds are being worked on; from the first one on, those of dead pools are looked after. */
  claim(poolId: string): Promise<void>
  stop(): Promise<void>
}

/**
 * Shows that a graphile-worker pool lives by holding an advisory lock on a session of its own, and gives back the jobs of pools
 * that do not. PostgreSQL drops the lock the moment a killed process's socket closes, so its jobs run again in about two
 * seconds instead of graphile-worker's four hours. Needs a direct connection: no pooler in transaction mode.
 */
export async function openLiveness(connectionString: string, log: Log): Promise<Liveness> {
  const client = new pg.Client({
    connectionString,
    application_name: 'salesdesk worker liveness',
    keepAlive: true,
    connectionTimeoutMillis: 2000,
    query_timeout: ANSWER_MS,
  })
  const lost = new AbortController()
  client.on('error', (error) => lost.abort(error))
  client.on('end', () => lost.abort(new Error('the session ended')))
  await client.connect()

  const own: string[] = []
  let reaping: Promise<void> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  const reapSoon = () => {
    timer = setTimeout(() => {
      reaping = reap(client, own, log).then(
        reapSoon,
        // a session that cannot answer a query cannot be trusted to hold a lock
        (error: unknown) => lost.abort(error),
      )
    }, REAP_EVERY_MS)
  }
  return {
    lost: lost.signal,
    async claim(poolId) {
      own.push(poolId)
      await client.query('select pg_advisory_lock(hashtextextended($1, 7))', [poolId])
      if (own.length === 1) reapSoon()
    },
    async stop() {
      clearTimeout(timer)
      await reaping
      clearTimeout(timer)
      await client.end().catch(() => {})
    },
  }
}

/** Unlocks what dead pools hold, and wakes a worker for it: graphile-worker's own unlocking notifies nobody. */
async function reap(client: pg.Client, own: readonly string[], log: Log) {
  const { rows } = await client.query<{ locked_by: string }>(
    `with holder as (
       select locked_by from graphile_worker._private_jobs where locked_by is not null and locked_at < now() - interval '${GRACE}'
       union select locked_by from graphile_worker._private_job_queues where locked_by is not null and locked_at < now() - interval '${GRACE}'
     ) select locked_by from holder where locked_by <> all ($1) and pg_try_advisory_xact_lock(hashtextextended(locked_by, 7))`,
    [own],
  )
  if (rows.length === 0) return
  const dead = rows.map((row) => row.locked_by)
  // a job that was enqueued anew while it ran has lost its key and all its attempts: its successor does the work, and unlocked it
  // would stay for ever as one that failed for good
  await client.query(
    `delete from graphile_worker._private_jobs
     where locked_by = any ($1) and key is null and attempts >= max_attempts and payload -> '_cron' is null`,
    [dead],
  )
  await client.query('select graphile_worker.force_unlock_workers($1::text[])', [dead])
  await client.query(
    `select pg_notify('jobs:insert', json_build_object('r', random(), 'count', $1::int)::text)`,
    [dead.length],
  )
  log.warn({ dead }, 'took over the jobs of dead workers')
}
