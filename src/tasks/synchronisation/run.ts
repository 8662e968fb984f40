import { sql } from 'kysely'
import type { SyncKind } from '../../capabilities.ts'
import type { Db, Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'

export type Run = NonNullable<Awaited<ReturnType<typeof readRun>>>

/** A run that is not over; undefined once it is. */
export async function readRun(db: Db, sync_job_id: string) {
  const row = await db
    .selectFrom('sync_jobs')
    .selectAll()
    .where('sync_job_id', '=', sync_job_id)
    .where('finished_at', 'is', null)
    .executeTakeFirst()
  return row && { ...row, kind: row.kind as SyncKind }
}

/**
 * Locks a run for what was made of it as it stood in `run`. False where it has gone on since: another worker was quicker, and what
 * we have is there already.
 */
export async function isUnmoved(trx: Trx, run: Run): Promise<boolean> {
  const row = await trx
    .selectFrom('sync_jobs')
    .select('sync_job_id')
    .where('sync_job_id', '=', run.sync_job_id)
    .where('state', '=', run.state)
    .where(sql<boolean>`cursor is not distinct from ${run.cursor}`)
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

/** Writes down how far a run is and makes its rows what everybody reads, in place of those before. */
export async function finish(trx: Trx, run: Run, done: number, now: Date): Promise<void> {
  await trx
    .updateTable('sync_jobs')
    .set({ state: 'replaced', updated_at: now })
    .where('connection_id', '=', run.connection_id)
    .where('kind', '=', run.kind)
    .where('state', '=', 'current')
    .execute()
  await setRun(trx, run, { state: 'current', done, total: done, cursor: null, finished_at: now }, now)
}

/** Changes a run that gets on: what kept it from that is over. */
export async function setRun(
  trx: Trx,
  { sync_job_id }: Run,
  change: {
    state: 'reading' | 'carrying_over' | 'current'
    done: number
    total: number | null
    cursor: string | null
    finished_at?: Date
  },
  now: Date,
): Promise<void> {
  await trx
    .updateTable('sync_jobs')
    .set({ ...change, failures: 0, error: null, next_at: null, updated_at: now })
    .where('sync_job_id', '=', sync_job_id)
    .execute()
}

/** Has a worker go on with a run. */
export async function goOnLater(db: Db, { sync_job_id, connection_id }: Run, at?: Date): Promise<void> {
  await db.transaction().execute((trx) => enqueue(trx, 'sync_ad_server', { sync_job_id, connection_id }, at))
}
