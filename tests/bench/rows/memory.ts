import { setTimeout as pause } from 'node:timers/promises'
import type { Progress } from '../../chaos/progress.ts'
import { aBuy, briefs } from '../buyer.ts'
import { median } from '../figures.ts'
import { measure, toolCall } from '../load.ts'
import type { Options } from '../options.ts'
import { memoryOf } from '../process_cpu.ts'
import type { Row } from '../row.ts'
import type { Stage } from '../stage.ts'

/** The memory of a server under load, in its last quarter over its second: it grows while it warms up, and then no more. */
export async function memoryRows(
  stage: Stage,
  { minutes, rate }: Options,
  progress: Progress,
): Promise<Row[]> {
  const ours = await stage.serve()
  await stage.work()
  const samples: number[] = []
  const [began, until] = [performance.now(), performance.now() + minutes * 60_000]
  const calls = (n: number) =>
    n % 10 === 0
      ? toolCall('create_media_buy', aBuy())
      : toolCall('get_products', { buying_mode: 'brief', brief: briefs[n % briefs.length] })
  while (performance.now() < until || samples.length < 8) {
    await measure(ours, { call: (n) => ({ body: calls(n) }), calls: BATCH, connections: 4 })
    samples.push(memoryOf(ours.pid))
    await pause(Math.max(0, began + (samples.length * BATCH * 1000) / rate - performance.now()))
    const passed = Math.floor((performance.now() - began) / 60_000)
    progress.count('minutes of load', passed, minutes, `${Math.round(samples.at(-1) ?? 0)} MB`)
  }
  const quarter = (n: number) => samples.slice((samples.length * n) / 4, (samples.length * (n + 1)) / 4)
  return [
    {
      part: 'memory',
      what: `resident memory after ${samples.length * BATCH} calls in ${minutes} minutes`,
      unit: 'MB',
      ours: [median(quarter(3))],
      theirs: [median(quarter(1))],
      against: 'after a quarter of it',
      goal: { at_most: 1.1 },
    },
  ]
}

/** Calls between two looks at the memory. */
const BATCH = 100
