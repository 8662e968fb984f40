import { groupBy } from '../group_by.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import type { Progress } from '../progress.ts'
import type { Random } from '../random.ts'
import { faultNames } from './faults.ts'
import type { Lane } from './lane.ts'
import { scenarios, type Scenario } from './scenarios.ts'
import { record, tryOut, type Outcome, type Trial } from './trial.ts'

const FEW_READS = 4

/**
 * Disturbs every call of every scenario in every way, each time on a fresh order. `short`: of each kind of write one call, in one
 * way, and of the reads a few.
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

/** One call of each kind of write, the faults in turn, and a few reads. */
function fewOf(all: readonly Trial[], random: Random): Trial[] {
  const kinds = groupBy(
    all,
    ({ scenario, position }) => `${scenario.connection_id} ${scenario.name} ${position.operation}`,
  )
  const [writes, reads] = [true, false].map((write) =>
    [...kinds.values()].filter((trials) => trials.every((trial) => isWrite(trial) === write)),
  )
  const chosen = [...(writes ?? []), ...random.shuffled(reads ?? []).slice(0, FEW_READS)]
  const first = random.below(faultNames.length)
  return chosen.map((trials, i) => {
    const fault = faultNames[(first + i) % faultNames.length]
    return random.pick(trials.filter((trial) => trial.fault === fault))
  })
}

/** Gives each lane the next piece of work as soon as it is done with the last. */
async function share<T, R>(
  lanes: readonly Lane[],
  work: readonly T[],
  carryOut: (lane: Lane, item: T) => Promise<R>,
): Promise<R[]> {
  const queue = [...work.entries()]
  const results: R[] = []
  await Promise.all(
    lanes.map(async (lane) => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift())
        results[next[0]] = await carryOut(lane, next[1])
    }),
  )
  return results
}
