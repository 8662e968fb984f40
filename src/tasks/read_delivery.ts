import { withSignal } from '../abort.ts'
import { AdapterError, type AdServerAdapter, type Call } from '../adapters/adapter.ts'
import { takeLeave, watch } from './ad_server/traffic.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { firstDay, selectBuys, selectDueBuys, type ReadBuy } from './delivery/due.ts'
import { dayAt } from './delivery/network_clock.ts'
import {
  keepDone,
  keepFailure,
  keepStarted,
  keepWaiting,
  readReading,
  type Reading,
} from './delivery/reading.ts'
import { keepUnread, storeReport, type ReadReport } from './delivery/store.ts'

/** A report that is not ready after so long is started anew. */
const PATIENCE_MS = 2 * 3_600_000
/** It is not asked for more often. */
const SHORTEST_WAIT_MS = 1000

/**
 * Goes one step further with the figures of one ad server: has a report made on all media buys that deliver there, asks whether it is
 * ready, or stores it. Never waits for one: the handle is a row, and whoever comes next goes on (design: docs/delivery.md).
 */
export const readDelivery = defineTask({
  name: 'read_delivery',
  async run({ connection_id }, ctx) {
    const reading = await readReading(ctx.db, connection_id)
    if (!reading || (reading.next_at && reading.next_at > ctx.clock())) return
    try {
      const adapter = await ctx.connect(connection_id)
      await (reading.report ? goOn(ctx, adapter, reading, reading.report) : begin(ctx, adapter, reading))
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      await comeToNothing(ctx, reading, error)
    }
  },
})

/** Has a report made, if there is anything to be reported. @throws AdapterError */
async function begin(ctx: TaskContext, adapter: AdServerAdapter, reading: Reading): Promise<void> {
  const { connection_id, corrections_days } = reading
  const { startReport, readNetwork } = adapter
  const now = ctx.clock()
  const buys = startReport && readNetwork ? await selectDueBuys(ctx.db, connection_id, now).execute() : []
  if (!startReport || !readNetwork || buys.length === 0) return keepDone(ctx.db, reading, { now })
  const { time_zone } = await ask(ctx, adapter, reading, readNetwork)
  const from = firstDay(buys, now, corrections_days, time_zone)
  const question = { order_ids: buys.flatMap(({ order_ids }) => order_ids), from, to: dayAt(now, time_zone) }
  const { handle, retry_after_ms } = await ask(ctx, adapter, reading, (call) => startReport(question, call))
  const media_buy_ids = buys.map(({ media_buy_id }) => media_buy_id)
  const report = { handle, started_at: now, from, to: question.to, time_zone, media_buy_ids }
  await keepStarted(ctx.db, reading, report, new Date(now.getTime() + retry_after_ms))
}

/** Asks for the report that is being made, and stores it once there is one. @throws AdapterError */
async function goOn(
  ctx: TaskContext,
  adapter: AdServerAdapter,
  reading: Reading,
  started: NonNullable<Reading['report']>,
): Promise<void> {
  const { db, clock, signal } = ctx
  const { connection_id, corrections_days } = reading
  const { readReport, capabilities } = adapter
  if (!readReport) throw new AdapterError('permanent', 'no_reports', 'This ad server makes no reports')
  const report = await ask(ctx, adapter, reading, (call) => readReport(started.handle, call))
  if (report.state === 'running') {
    if (clock().getTime() - started.started_at.getTime() > PATIENCE_MS) throw neverReady
    const pause = Math.max(report.retry_after_ms, SHORTEST_WAIT_MS)
    return keepWaiting(db, reading, new Date(clock().getTime() + pause), report.handle)
  }
  const as_of = new Date(started.started_at.getTime() - (capabilities.report_lag_minutes ?? 0) * 60_000)
  const read = { ...started, connection_id, corrections_days, as_of, rows: report.rows }
  const buys = await selectBuys(db, connection_id)
    .where('buy.media_buy_id', 'in', started.media_buy_ids)
    .execute()
  const problem = await storeAll(ctx, buys, read)
  if (signal.aborted) return
  const { length: more } = await selectDueBuys(db, connection_id, started.started_at).limit(1).execute()
  await keepDone(db, reading, { now: clock(), more: more > 0, problem })
}

/** Each media buy for itself: one that cannot be stored keeps no other waiting. Gives the last problem there was. */
async function storeAll(ctx: TaskContext, buys: readonly ReadBuy[], report: ReadReport) {
  const { db, clock, log, signal } = ctx
  let changed = 0
  let problem: AdapterError | undefined
  for (const buy of buys) {
    if (signal.aborted) return
    try {
      changed += await db.transaction().execute((trx) => storeReport(trx, buy, report, clock()))
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      problem = error
      const { code, message } = error
      log.error({ media_buy_id: buy.media_buy_id, code, message }, 'figures could not be stored')
      await keepUnread(db, buy, report)
    }
  }
  const { connection_id, rows } = report
  const ours = new Set(buys.flatMap(({ packages }) => packages.flatMap(({ line_item_ids }) => line_item_ids)))
  const strange = [...new Set(rows.map(({ line_item_id }) => line_item_id))].filter((id) => !ours.has(id))
  log.info({ connection_id, media_buys: buys.length, rows: rows.length, changed }, 'figures read')
  if (strange.length > 0)
    log.warn(
      { connection_id, line_items: strange },
      'our orders hold line items made by others, which are left out',
    )
  return problem
}

async function comeToNothing(ctx: TaskContext, reading: Reading, error: AdapterError): Promise<void> {
  const now = ctx.clock()
  const { class: error_class, code, message, retry_after_ms } = error
  // our own limit, not the ad server's answer
  if (code === 'enough_calls')
    return keepWaiting(ctx.db, reading, new Date(now.getTime() + (retry_after_ms ?? 1000)))
  ctx.log.warn({ connection_id: reading.connection_id, error_class, code, message }, 'figures were not read')
  await keepFailure(ctx.db, reading, error, now)
}

/** One call, when there is leave for it. @throws AdapterError */
async function ask<T>(
  { db, clock, signal, stepDeadlineMs }: TaskContext,
  { capabilities }: AdServerAdapter,
  { connection_id, failures }: Reading,
  call: (call: Call) => Promise<T>,
): Promise<T> {
  await takeLeave(db, connection_id, capabilities.calls_per_second, clock(), 'background')
  return watch(db, connection_id, clock, signal, () =>
    withSignal([signal], stepDeadlineMs, (within) => call({ signal: within, attempt: failures + 1 })),
  )
}

const neverReady = new AdapterError(
  'permanent',
  'report_never_ready',
  'A report was not ready after two hours',
)
