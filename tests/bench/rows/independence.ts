import { Agent } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { sql } from 'kysely'
import { bootMockServer } from '@adcp/sdk/mock-server'
import type { Progress } from '../../chaos/progress.ts'
import { secret, secretIn, sellThere } from '../ad_servers/sell_there.ts'
import { startHanging } from '../ad_servers/hanging.ts'
import { atRest } from '../at_rest.ts'
import { aFixedBuy } from '../buyer.ts'
import { percentile } from '../figures.ts'
import { post, toolCall, type Target } from '../load.ts'
import type { Options } from '../options.ts'
import type { Row } from '../row.ts'
import { openStage, settle, type Hand, type Stage } from '../stage.ts'
import { eventually } from '../../support/eventually.ts'

/**
 * What buyers notice of ad servers that hang: nothing, if the ratio to one that answers at once is 1. Purchases go to one and the other
 * by turns, so that what else the machine does falls on both. The workers stand still during a call, with all they hold, and do what
 * it left them before the next: else one would measure that a machine with two cores has less for a call beside a worker that has more
 * to do, and that is the one whose ad server answers.
 */
export async function independenceRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  const what = 'create_media_buy while the ad server hangs, and while it answers at once'
  progress.say(what)
  const other = await openStage(stage.world)
  const instant = await stage.world.begin(
    () => bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: secret }),
    (one) => one.close(),
  )
  const adServer = await startHanging(stage.world)
  const hanging = await open(stage, adServer.url, HANDS)
  const well = await open(other, instant.url, 0)
  const calls = options.short ? 10 : 400
  const ours: number[][] = []
  const theirs: number[][] = []
  // the first round only warms up
  for (let round = 0; round <= options.rounds; round++) {
    const [took, tookThere] = await buyByTurns([hanging, well], calls)
    await atRest(hanging.stage, adServer.hangUp)
    await atRest(well.stage)
    progress.count(what, round, options.rounds, `${calls} purchases each`)
    if (round === 0) {
      for (const { stage } of [hanging, well]) await settle(stage)
      continue
    }
    ours.push(took)
    theirs.push(tookThere)
  }
  return [50, 99].map((p) => ({
    part: 'independence',
    what: `create_media_buy while the ad server hangs: p${p}`,
    unit: 'ms',
    ours: ours.map((took) => percentile(took, p)),
    theirs: theirs.map((took) => percentile(took, p)),
    against: 'one that answers at once',
    goal: { at_least: 0.9, at_most: 1.1 },
  }))
}

/** So many orders a worker has in hand at once, which is as many calls as can hang. */
const HANDS = 5

interface Open {
  stage: Stage
  server: Target
  worker: Hand
  /** How many orders its worker may have in hand before a call. */
  inHand: number
}
async function open(stage: Stage, ad_server: string, inHand: number): Promise<Open> {
  await sellThere(stage.db, ad_server)
  return { stage, worker: await stage.work(secretIn), server: await stage.serve(), inHand }
}

/** Milliseconds of each call on each side, as the buyer waits. */
async function buyByTurns(sides: readonly [Open, Open], calls: number): Promise<[number[], number[]]> {
  const took: [number[], number[]] = [[], []]
  const agent = new Agent({ keepAlive: true })
  for (let n = 0; n < calls * 2; n++) {
    const side = n % 2 === 0 ? 0 : 1
    const { stage, server, inHand } = sides[side]
    await eventually('the worker has done what it can', async () => (await jobsInHand(stage)) <= inHand)
    const body = toolCall('create_media_buy', aFixedBuy())
    for (const { worker } of sides) worker.still()
    for (const { stage } of sides) await onDisk(stage)
    const began = performance.now()
    await post(server, '', body, agent)
    took[side].push(performance.now() - began)
    for (const { worker } of sides) worker.goOn()
    await pause(PAUSE_MS)
  }
  agent.destroy()
  return took
}

const PAUSE_MS = 30

/** Brings to disk what the worker left to be written later, so that the buyer's commit waits for what it wrote itself. */
async function onDisk({ db }: Stage): Promise<void> {
  await sql`select pg_logical_emit_message(true, 'bench', '')`.execute(db)
}

async function jobsInHand({ db }: Stage): Promise<number> {
  const { rows } = await sql<{ jobs: number }>`
    select count(*)::int as jobs from graphile_worker._private_jobs where locked_at is not null`.execute(db)
  return rows[0]?.jobs ?? 0
}
