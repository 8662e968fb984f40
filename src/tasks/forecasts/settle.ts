import { AdapterError } from '../../adapters/adapter.ts'
import type { TaskContext } from '../define-task.ts'
import type { Due } from './due.ts'
import { schedule } from './schedule.ts'

const MINUTE = 60_000
/** After the first failure; twice as long after each further one. */
const FIRST_PAUSE_MS = MINUTE
const LONGEST_PAUSE_MS = 60 * MINUTE
/** Turned away without being told for how long. */
const TURNED_AWAY_MS = 30_000

/**
 * What becomes of a product whose forecast did not come: it is asked about again later, and meanwhile the last one stays. Returns
 * when the ad server lets itself be asked again, if it said or we must stop; else the next product may be tried. @throws what is no AdapterError
 */
export async function settleFailure(ctx: TaskContext, due: Due, error: unknown): Promise<Date | undefined> {
  const now = ctx.clock()
  if (ctx.signal.aborted) return now
  if (!(error instanceof AdapterError)) throw error
  const { code, message } = error
  const { connection_id, product_id } = due
  const after = (ms: number) => new Date(now.getTime() + ms)
  if (error.class === 'rate_limited') return after(error.retry_after_ms ?? TURNED_AWAY_MS)
  ctx.log.warn({ connection_id, product_id, class: error.class, code }, message)
  const failures = due.failures + 1
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS)
  const next_at = after(error.class === 'permanent' ? due.forecast_refresh_hours * 60 * MINUTE : pause)
  await ctx.db
    .transaction()
    .execute((trx) => schedule(trx, due, { next_at, failures, last_error: { code, message } }))
  return undefined
}
