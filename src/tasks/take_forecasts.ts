import { withSignal } from '../abort.ts'
import { AdapterError, type AdServerAdapter } from '../adapters/adapter.ts'
import { enqueue } from '../jobs.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { readBooked } from './forecasts/booked.ts'
import { nextDue, type Due } from './forecasts/due.ts'
import { horizonOf, keepForecast } from './forecasts/keep.ts'
import { schedule } from './forecasts/schedule.ts'
import { settleFailure } from './forecasts/settle.ts'
import { takeLeave, watch } from './ad_server/traffic.ts'

/** Then other jobs have their turn. */
const PRODUCTS_A_TURN = 20
/** So many in a row, and it is hardly the products' fault; the clock starts another turn within a minute. */
const FAILURES_A_TURN = 3

/**
 * Asks an ad server how much is left of the products that are due, one after another, each kept for itself: whatever dies, the next
 * worker goes on with the next product (design: docs/availability.md).
 */
export const takeForecasts = defineTask({
  name: 'take_forecasts',
  async run({ connection_id }, ctx) {
    let failures = 0
    for (let n = 0; n < PRODUCTS_A_TURN; n++) {
      const due = await nextDue(ctx.db, connection_id, ctx.clock())
      if (!due) return
      try {
        await forecastOne(ctx, due)
        failures = 0
      } catch (error) {
        const goesOnAt = await settleFailure(ctx, due, error)
        if (goesOnAt) return goOn(ctx, connection_id, goesOnAt)
        if (++failures === FAILURES_A_TURN) return
      }
    }
    await goOn(ctx, connection_id, ctx.clock())
  },
})

const goOn = (ctx: TaskContext, connection_id: string, at: Date) =>
  ctx.db.transaction().execute((trx) => enqueue(trx, 'take_forecasts', { connection_id }, at))

/** @throws AdapterError */
async function forecastOne(ctx: TaskContext, due: Due): Promise<void> {
  const adapter = await ctx.connect(due.connection_id)
  const { forecast, capabilities } = adapter
  if (!forecast || !capabilities.forecasts)
    throw new AdapterError('config', 'not_forecast', 'This ad server does not forecast (any more).')
  await takeLeave(ctx.db, due.connection_id, capabilities.calls_per_second, ctx.clock(), 'background')
  const asked_at = ctx.clock()
  const before = await readBooked(ctx.db, due, asked_at)
  const told = await ask(ctx, forecast, due, asked_at)
  if (told.per !== 'nothing_yet')
    return keepForecast(ctx.db, due, { forecast: told, meaning: capabilities.forecasts, asked_at, before })
  const last_error = { code: 'nothing_yet', message: told.reason }
  const next_at = new Date(asked_at.getTime() + told.retry_after_ms)
  await ctx.db.transaction().execute((trx) => schedule(trx, due, { next_at, failures: 0, last_error }))
}

function ask(ctx: TaskContext, forecast: NonNullable<AdServerAdapter['forecast']>, due: Due, asked_at: Date) {
  const { connection_id, currency, ad_server_config, sizes, delivery_type, pricing_model, failures } = due
  const question = {
    package: { ad_server_config, sizes, delivery_type, pricing_model, targeting_overlay: {} },
    currency,
    ...horizonOf(due, asked_at),
  }
  return watch(ctx.db, connection_id, ctx.clock, ctx.signal, () =>
    withSignal([ctx.signal], ctx.stepDeadlineMs, (signal) =>
      forecast(question, { signal, attempt: failures + 1 }),
    ),
  )
}
