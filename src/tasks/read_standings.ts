import { withSignal } from '../abort.ts'
import { AdapterError, type AdServerAdapter, type Call, type OrderStanding } from '../adapters/adapter.ts'
import { takeLeave, watch } from './ad_server/traffic.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { notServing } from './standings/not_serving.ts'
import { settleObjection } from './standings/objections.ts'
import { selectStanding, type StandingBuy } from './standings/read.ts'
import { settleStanding } from './standings/settle.ts'
import { readShown } from './standings/shown.ts'
import { totalsOf } from './standings/totals.ts'

const AT_ONCE = 50
/** The contract's limit. */
const CREATIVES_AT_ONCE = 100

/**
 * Asks an ad server how the orders stand that run on it or begin within minutes: notes the packages it does not serve though it
 * should, keeps what they delivered so far, and rejects the creatives it objects to by now. An ad server that cannot be asked, or
 * does not answer, changes nothing.
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
  const adapter = await ctx.connect(connection_id)
  const { readStatus, readObjections } = adapter
  if (readStatus) await readOrders(ctx, connection_id, buys, { ...adapter, readStatus })
  if (readObjections) await readCreatives(ctx, connection_id, buys, { ...adapter, readObjections })
}

async function readOrders(
  ctx: TaskContext,
  connection_id: string,
  buys: readonly StandingBuy[],
  { readStatus, capabilities }: Able<'readStatus'>,
) {
  const orders = buys.flatMap(({ order_ids }) => order_ids)
  const asked_at = ctx.clock()
  const standings = await ask(ctx, connection_id, capabilities, (call) => readStatus(orders, call))
  const byOrder = new Map<string, OrderStanding>(standings.map((one) => [one.order_id, one]))
  const as_of = new Date(asked_at.getTime() - (capabilities.stats_lag_minutes ?? 0) * 60_000)
  for (const buy of buys) {
    const said = { not_serving: notServing(buy, byOrder), totals: totalsOf(buy, byOrder, as_of), as_of }
    await settleStanding(ctx.db, { ...buy, connection_id, now: ctx.clock() }, said)
  }
}

async function readCreatives(
  ctx: TaskContext,
  connection_id: string,
  buys: readonly StandingBuy[],
  { readObjections, capabilities }: Able<'readObjections'>,
) {
  const ids = buys.map(({ media_buy_id }) => media_buy_id)
  const shown = await readShown(ctx.db, connection_id, ids)
  for (let from = 0; from < shown.length && !ctx.signal.aborted; from += CREATIVES_AT_ONCE) {
    const some = shown.slice(from, from + CREATIVES_AT_ONCE)
    const there = [...new Set(some.map(({ external_id }) => external_id))]
    const objections = await ask(ctx, connection_id, capabilities, (call) => readObjections(there, call))
    for (const { media_buy_id, creative_id, external_id } of some) {
      const objection = objections.find(({ creative }) => creative === external_id)
      const buy = buys.find((one) => one.media_buy_id === media_buy_id)
      if (!objection || !buy) continue
      const { reason } = objection
      await settleObjection(ctx.db, buy, { connection_id, creative_id, reason, now: ctx.clock() })
    }
  }
}

type Able<K extends 'readStatus' | 'readObjections'> = Required<Pick<AdServerAdapter, K>> &
  Pick<AdServerAdapter, 'capabilities'>

/** One call, when there is leave for it. @throws AdapterError */
async function ask<T>(
  { db, clock, signal, stepDeadlineMs }: TaskContext,
  connection_id: string,
  { calls_per_second }: AdServerAdapter['capabilities'],
  call: (call: Call) => Promise<T>,
): Promise<T> {
  await takeLeave(db, connection_id, calls_per_second, clock(), 'background')
  return watch(db, connection_id, clock, signal, () =>
    withSignal([signal], stepDeadlineMs, (within) => call({ signal: within, attempt: 1 })),
  )
}
