import { sql } from 'kysely'
import type { Progress } from '../../chaos/progress.ts'
import { startHanging } from '../ad_servers/hanging.ts'
import { secretIn, sellThere } from '../ad_servers/sell_there.ts'
import { atRest } from '../at_rest.ts'
import { aBuy, aFixedBuy, bought } from '../buyer.ts'
import { percentile } from '../figures.ts'
import { measure, toolCall } from '../load.ts'
import { eventually } from '../../support/eventually.ts'
import type { Options } from '../options.ts'
import type { Row } from '../row.ts'
import { openStage, settle, type Stage } from '../stage.ts'

/** From the commit of a buy to the first byte at the ad server, and how many orders workers place when there are always more. */
export async function latencyRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  return [
    ...(await untilFirstByte(stage, options, progress)),
    ...(await saturation(stage, options, progress)),
  ]
}

async function untilFirstByte(stage: Stage, { short, rounds }: Options, progress: Progress): Promise<Row[]> {
  progress.say('from the commit of a buy to the first byte at the ad server')
  const adServer = await startHanging(stage.world)
  await sellThere(stage.db, adServer.url)
  const worker = await stage.work(secretIn)
  const ours = await stage.serve()
  const took: number[][] = []
  for (let round = 0; round < rounds; round++) {
    const inRound: number[] = []
    for (let n = 0; n < (short ? 3 : 30); n++) {
      adServer.arrived.length = 0
      const media_buy_id = await bought(ours, aFixedBuy())
      await eventually('a request at the ad server', () => Promise.resolve(adServer.arrived.length > 0))
      inRound.push((adServer.arrived[0] ?? 0) - (await committedAt(stage, media_buy_id)))
      await atRest(stage, adServer.hangUp)
    }
    took.push(inRound)
  }
  await worker.stop()
  return [
    { p: 50, at_most: 10 },
    { p: 99, at_most: 50 },
  ].map(({ p, at_most }) => ({
    part: 'latency',
    what: `commit of the buy to first byte at the ad server, idle: p${p}`,
    unit: 'ms',
    ours: took.map((round) => percentile(round, p)),
    theirs: [],
    against: '',
    goal: { at_most },
  }))
}

/** When PostgreSQL committed the row of the buy, in milliseconds since 1970. */
async function committedAt({ db }: Stage, media_buy_id: string): Promise<number> {
  const row = await db
    .selectFrom('media_buys')
    .select(
      sql<number>`extract(epoch from pg_xact_commit_timestamp(created_in.xmin))::float8 * 1000`.as('at'),
    )
    .innerJoin('media_packages as created_in', 'created_in.media_buy_id', 'media_buys.media_buy_id')
    .where('media_buys.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return row.at
}

async function saturation(first: Stage, { short, rounds }: Options, progress: Progress): Promise<Row[]> {
  const rows: Row[] = []
  for (const workers of [1, 2, 4]) {
    progress.say(`orders placed by ${workers} worker processes when there are always more`)
    const ours: number[] = []
    for (let round = 0; round < (short ? 1 : Math.min(3, rounds)); round++)
      ours.push(await placedPerSecond(await openStage(first.world), workers, short ? 20 : 600))
    rows.push({
      part: 'latency',
      what: `orders placed on the simulated ad server by ${workers} workers`,
      unit: 'per second',
      ...{ ours, theirs: [], against: '' },
    })
  }
  return rows
}

/** Between the first tenth and the last, so that starting and ending do not count. */
async function placedPerSecond(stage: Stage, workers: number, orders: number): Promise<number> {
  const server = await stage.serve()
  const call = () => ({ body: toolCall('create_media_buy', aBuy()) })
  await measure(server, { call, calls: orders, connections: 8 })
  await settle(stage)
  const running = await Promise.all(Array.from({ length: workers }, () => stage.work()))
  const placed = async () =>
    (
      await stage.db
        .selectFrom('fulfilments')
        .select(sql<number>`count(*) filter (where placed_at is not null)::int`.as('n'))
        .executeTakeFirstOrThrow()
    ).n
  const reached = async (part: number) => {
    await eventually(`${part} of ${orders} orders`, async () => (await placed()) >= part * orders, 600_000)
    return { at: performance.now(), orders: await placed() }
  }
  const [from, to] = [await reached(0.1), await reached(0.9)]
  await Promise.all(running.map((one) => one.stop()))
  return (to.orders - from.orders) / ((to.at - from.at) / 1000)
}
