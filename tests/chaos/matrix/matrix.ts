import { groupBy } from '../group_by.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import type { Progress } from '../progress.ts'
import type { Random } from '../random.ts'
import { faultNames, type FaultName } from './faults.ts'
import type { Lane } from './lane.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { record, tryOut, type Outcome, type Trial } from './trial.ts'

/**
 * Disturbs every call of every scenario in every way, each time on a fresh order. `short`: of each kind of write one call, in two
 * ways, and of the reads a few.
 */
export async function runMatrix(
  lanes: readonly Lane[],
  servers: readonly AdServer[],
  { random, short, progress }: { random: Random; short: boolean; progress: Progress },
): Promise<Outcome[]> {
  progress.say('recording the calls of an undisturbed order')
  const recorded = await share(lanes, scenarios, (lane, scenario) => recordAll(lane, scenario, servers))
  const all = recorded.flat()
  const trials = random.shuffled(short ? fewOf(all, random) : all)
  await Promise.all(lanes.map((lane) => lane.man(2)))
  let done = 0
  return share(lanes, trials, async (lane, trial) => {
    const outcome = await tryOut(lane, trial, servers)
    progress.count('faults in single orders', ++done, trials.length, describe(trial))
    return outcome
  })
}

export const describe = ({ scenario, position: { operation, nth }, fault }: Trial): string =>
  `${scenario.connection_id}, ${scenario.name}: ${fault} at ${operation} ${nth}`

/** Every fault at every call of one scenario. The calls only a worker makes that has done nothing yet are found by looking twice. */
async function recordAll(lane: Lane, scenario: Scenario, servers: readonly AdServer[]): Promise<Trial[]> {
  const server = servers.find(({ connection_id }) => connection_id === scenario.connection_id)
  if (!server) return []
  await lane.man(1, true)
  const first = await record(lane, scenario, server)
  const second = await record(lane, scenario, server)
  const warm = new Set(second.map(({ operation }) => operation))
  return first.flatMap((position) =>
    faultNames.map((fault) => ({ scenario, position, fault, cold: !warm.has(position.operation) })),
  )
}

const isWrite = ({ position: { operation } }: Trial) => /^(create|update|perform|POST )/.test(operation)

function fewOf(all: readonly Trial[], random: Random): Trial[] {
  const kinds = groupBy(
    all,
    ({ scenario, position }) => `${scenario.connection_id} ${scenario.name} ${position.operation}`,
  )
  return [...kinds.values()].flatMap((trials) => {
    const [first] = trials
    const wanted: FaultName[] = first && isWrite(first) ? random.shuffled(faultNames).slice(0, 2) : []
    const reads = wanted.length === 0 && random.chance(0.2) ? [random.pick(faultNames)] : wanted
    return reads.map((fault) => random.pick(trials.filter((trial) => trial.fault === fault)))
  })
}

/** Gives each lane the next piece of work as soon as it is done with the last. */
async function share<T, R>(
  lanes: readonly Lane[],
  work: readonly T[],
  carryOut: (lane: Lane, item: T) => Promise<R>,
): Promise<R[]> {
  const queue = [...work]
  const results: R[] = []
  await Promise.all(
    lanes.map(async (lane) => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift())
        results.push(await carryOut(lane, item))
    }),
  )
  return results
}
