import { withSignal } from '../abort.ts'
import { AdapterError, type OrderStanding } from '../adapters/adapter.ts'
import { takeLeave, watch } from './ad_server/traffic.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { notServing } from './standings/not_serving.ts'
import { selectStanding, type StandingBuy } from './standings/read.ts'
import { settleStanding } from './standings/settle.ts'

const AT_ONCE = 50

/**
 * Asks an ad server how the orders stand that run on it or begin within minutes, and notes the packages it does not serve though
 * it should. An ad server that cannot be asked, or does not answer, changes nothing.
 */
export const readStandings = defineTask({
  name: 'read_standings',
  async run({ connection_id }, ctx) {
    const buys = await selectStanding(ctx.db, connection_id, ctx.clock()).execute()
    try {
      for (let from = 0; from < buys.length && !ctx.signal.aborted; from += AT_ONCE)
        await readSome(ctx, connection_id, buys.slice(from, from + AT_ONCE))
    } catch (error) {
      if (!(error instanceof AdapterError)) throw error
      ctx.log.warn({ connection_id, class: error.class, code: error.code }, 'standing of orders was not read')
    }
  },
})

async function readSome(ctx: TaskContext, connection_id: string, buys: readonly StandingBuy[]) {
  const { db, clock, signal, stepDeadlineMs } = ctx
  const { readStatus, capabilities } = await ctx.connect(connection_id)
  if (!readStatus) return
  const orders = buys.flatMap(({ order_ids }) => order_ids)
  await takeLeave(db, connection_id, capabilities.calls_per_second, clock(), 'background')
  const standings = await watch(db, connection_id, clock, signal, () =>
    withSignal([signal], stepDeadlineMs, (within) => readStatus(orders, { signal: within, attempt: 1 })),
  )
  const byOrder = new Map<string, OrderStanding>(standings.map((one) => [one.order_id, one]))
  for (const buy of buys) {
    const now = clock()
    await settleStanding(db, { ...buy, connection_id, now }, notServing(buy, byOrder))
  }
}
