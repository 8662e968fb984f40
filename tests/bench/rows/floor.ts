import { growMediaBuys } from '../grow/media_buys.ts'
import { growProducts } from '../grow/products.ts'
import { measure, toolCall, type Load, type Target } from '../load.ts'
import { aBuy, BRANDS, briefs, bought } from '../buyer.ts'
import { record } from '../floor/record.ts'
import { startFloor } from '../floor/start.ts'
import type { Progress } from '../../chaos/progress.ts'
import type { Options } from '../options.ts'
import { inTurn } from '../rounds.ts'
import type { Row } from '../row.ts'
import { settle, type Stage } from '../stage.ts'

interface Case {
  what: string
  calls: readonly (() => string)[]
  /** CPU per call, ours over the floor's. */
  goal: { at_most: number }
  /** How many calls in a round of the load. */
  many: number
}

/** Ours against a bare server with the same queries: what the protocol and all its care cost. */
export async function floorRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  await growProducts(stage.db, 60)
  const ours = await stage.serve()
  const media_buy_id = await bought(ours)
  await growMediaBuys(stage.db, media_buy_id, 200)
  const find = briefs.map((brief) => () => toolCall('get_products', { brief, buying_mode: 'brief' }))
  const rows = [
    ...(await compare({ what: 'get_products, 60 products', calls: find, goal: { at_most: 2.5 }, many: 800 })),
    ...(await compare({
      what: 'get_media_buys, 200 buys',
      calls: [() => toolCall('get_media_buys', {})],
      goal: { at_most: 2.5 },
      many: 800,
    })),
    ...(await compare({
      what: 'create_media_buy',
      // a recording is of one account
      calls: Array.from(
        { length: options.short ? 2 : BRANDS },
        (_, brand) => () => toolCall('create_media_buy', aBuy(brand)),
      ),
      goal: { at_most: 1.5 },
      many: 400,
    })),
  ]
  if (options.short) return rows
  progress.say('10,000 products')
  await growProducts(stage.db, 10_000)
  const large = { what: 'get_products, 10,000 products', calls: find, goal: { at_most: 2.5 }, many: 400 }
  return [...rows, ...(await compare(large))]

  async function compare({ what, calls, goal, many }: Case): Promise<Row[]> {
    progress.say(`${what} against the floor`)
    const floor = await startFloor(stage, await record(stage, calls))
    const load = (target: Target, n: number, connections: number) => {
      const call: Load['call'] = (i) => ({
        body: calls[i % calls.length]?.() ?? '',
        ...(target === floor && { path: `/${i % calls.length}` }),
      })
      return measure(target, { call, calls: options.short ? 20 : n, connections })
    }
    for (const target of [ours, floor]) await load(target, many, 8)
    await settle(stage)
    const one = await inTurn(
      options.rounds,
      () => load(ours, many, 1),
      () => load(floor, many, 1),
    )
    const eight = await inTurn(
      options.rounds,
      () => load(ours, many, 8),
      () => load(floor, many, 8),
    )
    const row = (
      name: string,
      unit: string,
      measured: typeof one,
      key: 'cpu' | 'p50' | 'p99' | 'per_second',
    ): Row => ({
      part: 'floor',
      what: `${what}: ${name}`,
      unit,
      ours: measured.ours.map((round) => round[key]),
      theirs: measured.theirs.map((round) => round[key]),
      against: 'the floor',
    })
    return [
      { ...row('CPU per call', 'ms', eight, 'cpu'), goal },
      row('p50, one at a time', 'ms', one, 'p50'),
      row('p99, one at a time', 'ms', one, 'p99'),
      row('p50, 8 at once', 'ms', eight, 'p50'),
      row('p99, 8 at once', 'ms', eight, 'p99'),
    ]
  }
}
