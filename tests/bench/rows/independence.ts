import { bootMockServer } from '@adcp/sdk/mock-server'
import type { Progress } from '../../chaos/progress.ts'
import { secret, secretIn, sellThere } from '../ad_servers/sell_there.ts'
import { startHanging } from '../ad_servers/hanging.ts'
import { aFixedBuy } from '../buyer.ts'
import { measure, toolCall, type Target } from '../load.ts'
import type { Options } from '../options.ts'
import { inTurn } from '../rounds.ts'
import type { Row } from '../row.ts'
import { openStage, type Stage } from '../stage.ts'

/** What buyers notice of ad servers that hang: nothing, if the ratio to one that answers at once is 1. */
export async function independenceRows(stage: Stage, options: Options, progress: Progress): Promise<Row[]> {
  progress.say('create_media_buy while the ad server hangs, and while it answers at once')
  const other = await openStage(stage.world)
  const instant = await stage.world.begin(
    () => bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: secret }),
    (one) => one.close(),
  )
  const hanging = await open(stage, (await startHanging(stage.world)).url)
  const well = await open(other, instant.url)
  const load = (target: Target) =>
    measure(target, {
      call: () => ({ body: toolCall('create_media_buy', aFixedBuy()) }),
      calls: options.short ? 10 : 200,
      connections: 2,
    })
  for (const target of [hanging, well]) await load(target)
  const { ours, theirs } = await inTurn(
    options.rounds,
    () => load(hanging),
    () => load(well),
  )
  return (['p50', 'p99'] as const).map((key) => ({
    part: 'independence',
    what: `create_media_buy while the ad server hangs: ${key}`,
    unit: 'ms',
    ours: ours.map((one) => one[key]),
    theirs: theirs.map((one) => one[key]),
    against: 'one that answers at once',
    goal: { at_least: 0.9, at_most: 1.1 },
  }))
}

async function open(stage: Stage, ad_server: string): Promise<Target> {
  await sellThere(stage.db, ad_server)
  await stage.work(secretIn)
  return stage.serve()
}
