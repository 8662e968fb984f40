import { AdapterError } from '../../adapters/adapter.ts'
import { tellPeople } from '../../commands/tell_people.ts'
import { jsonb, type Trx } from '../../db/database.ts'
import { goOnLater, type Run } from './run.ts'
import type { TaskContext } from '../define-task.ts'

/** So many failures in a row, some ten minutes, and the run is over; the clock starts another before long. */
const FAILURES_TO_END = 8
const LONGEST_PAUSE_MS = 5 * 60_000
/** Turned away without being told for how long. */
const TURNED_AWAY_MS = 30_000

/** What becomes of a run that met an error: it goes on later, or is over and says why. @throws what is no AdapterError and no fault of its rows */
export async function settle(ctx: TaskContext, run: Run, thrown: unknown): Promise<void> {
  if (ctx.signal.aborted) return goOnLater(ctx.db, run)
  const error = thrown instanceof AdapterError ? thrown : unusable(thrown)
  const about = { sync_job_id: run.sync_job_id, kind: run.kind, class: error.class, code: error.code }
  ctx.log.warn(about, error.message)
  const now = ctx.clock()
  if (error.class === 'rate_limited')
    return pause(ctx, run, error, run.failures, error.retry_after_ms ?? TURNED_AWAY_MS)
  const failures = run.failures + 1
  const mayPass = error.class === 'transient' || error.class === 'ambiguous'
  if (mayPass && failures < FAILURES_TO_END)
    return pause(ctx, run, error, failures, Math.min(1000 * 2 ** failures, LONGEST_PAUSE_MS))
  await ctx.db.transaction().execute(async (trx) => {
    const ended = await trx
      .updateTable('sync_jobs')
      .set({
        state: 'failed',
        failures,
        error: faultOf(error),
        updated_at: now,
        finished_at: now,
        next_at: null,
      })
      .where('sync_job_id', '=', run.sync_job_id)
      .where('finished_at', 'is', null)
      .executeTakeFirst()
    if (ended.numUpdatedRows > 0n && !(await failedBefore(trx, run))) await tellFailed(trx, run, error, now)
  })
}

async function tellFailed(trx: Trx, run: Run, { code, message }: AdapterError, now: Date) {
  const { tenant_id, connection_id, kind, sync_job_id: subject_id } = run
  const detail = { connection_id, kind, code, message: message.slice(0, 500) }
  await tellPeople(trx, { tenant_id, kind: 'sync_failed', subject_id, detail, now })
}

/** True where the run before this one failed too: people know. */
async function failedBefore(trx: Trx, { connection_id, kind, generation }: Run): Promise<boolean> {
  const before = await trx
    .selectFrom('sync_jobs')
    .select('state')
    .where('connection_id', '=', connection_id)
    .where('kind', '=', kind)
    .where('generation', '<', generation)
    .orderBy('generation', 'desc')
    .limit(1)
    .executeTakeFirst()
  return before?.state === 'failed'
}

async function pause(ctx: TaskContext, run: Run, error: AdapterError, failures: number, ms: number) {
  const now = ctx.clock()
  const next_at = new Date(now.getTime() + ms)
  await ctx.db
    .updateTable('sync_jobs')
    .set({ failures, error: faultOf(error), updated_at: now, next_at })
    .where('sync_job_id', '=', run.sync_job_id)
    .where('finished_at', 'is', null)
    .execute()
  await goOnLater(ctx.db, run, next_at)
}

const faultOf = ({ code, message }: AdapterError) => jsonb({ code, message })

/** Rows that PostgreSQL does not take, class 22 or 23 of its errors, come from the ad server or its adapter. */
function unusable(error: unknown): AdapterError {
  const { code, message } = error as { code?: unknown; message?: string }
  if (typeof code !== 'string' || !/^2[23]/.test(code)) throw error
  return new AdapterError(
    'permanent',
    'unusable_rows',
    `What the ad server holds cannot be kept: ${message ?? code}`,
  )
}
