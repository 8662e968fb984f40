import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import { Capabilities, type SyncKind } from '../capabilities.ts'
import { startSync } from '../commands/start_sync.ts'
import type { Db } from '../db/database.ts'
import { defineTask } from './define-task.ts'
import { goOnLater, readRun } from './synchronisation/run.ts'

/** After a run that failed, if the next would not come sooner anyway. */
const AFTER_FAILURE_MINUTES = 15
/** Earlier or later by as much as this share of the interval, so that ad servers are not all read at once. */
const JITTER = 0.1
const FORGOTTEN_MINUTES = 10

/** Starts what is due to be read, each kind of each ad server at its own interval, and wakes runs whose job was lost. */
export const startDueSyncs = defineTask({
  name: 'start_due_syncs',
  async run(_payload, { db, clock }) {
    const now = clock()
    for (const { sync_job_id } of await selectForgotten(db, now)) {
      const run = await readRun(db, sync_job_id)
      if (run) await goOnLater(db, run)
    }
    for (const connection of await selectConnections(db)) {
      const { reads } = Capabilities.safeParse(connection.capabilities).data ?? { reads: {} }
      for (const [kind, mode] of Object.entries(reads) as [SyncKind, 'whole' | 'changes'][]) {
        const last = connection.latest.find((one) => one.kind === kind)
        if (last && !isDue(last, minutesBetween(connection, kind), now)) continue
        const { connection_id } = connection
        await startSync(db, { connection_id, kind, mode, asked_by: 'clock', now })
      }
    }
  },
})

interface Latest {
  kind: string
  generation: string
  state: string
  stopped: boolean
  started_at: string
}

function isDue(
  { kind, generation, state, stopped, started_at }: Latest,
  minutes: number,
  now: Date,
): boolean {
  if (state === 'reading' || state === 'carrying_over') return false
  const every = state === 'failed' && !stopped ? Math.min(minutes, AFTER_FAILURE_MINUTES) : minutes
  const [byte = 0] = createHash('sha256').update(`${kind} ${generation}`).digest()
  const shift = 1 + JITTER * (byte / 127.5 - 1)
  return now.getTime() - Date.parse(started_at) >= every * shift * 60_000
}

function minutesBetween(
  connection: { sync_inventory_minutes: number; sync_orders_minutes: number },
  kind: SyncKind,
): number {
  return kind === 'orders' || kind === 'line_items'
    ? connection.sync_orders_minutes
    : connection.sync_inventory_minutes
}

function selectConnections(db: Db) {
  return db
    .selectFrom('adapter_configs as c')
    .select([
      'c.connection_id',
      'c.capabilities',
      'c.sync_inventory_minutes',
      'c.sync_orders_minutes',
      sql<Latest[]>`(select coalesce(json_agg(last), '[]') from (
        select distinct on (kind) kind, generation::text, state, started_at,
          coalesce(error ->> 'code' = 'stopped', false) as stopped from sync_jobs
        where connection_id = c.connection_id order by kind, sync_jobs.generation desc) last)`.as('latest'),
    ])
    .where('c.archived_at', 'is', null)
    .execute()
}

function selectForgotten(db: Db, now: Date) {
  const since = new Date(now.getTime() - FORGOTTEN_MINUTES * 60_000)
  return db
    .selectFrom('sync_jobs')
    .select('sync_job_id')
    .where('finished_at', 'is', null)
    .where(sql<Date>`coalesce(next_at, updated_at)`, '<', since)
    .execute()
}
