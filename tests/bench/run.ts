import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { openProgress } from '../chaos/progress.ts'
import { openWorld } from '../chaos/world.ts'
import { readOptions, type Part } from './options.ts'
import { judge, table, type Row } from './row.ts'
import { floorRows } from './rows/floor.ts'
import { growthRows } from './rows/growth.ts'
import { independenceRows } from './rows/independence.ts'
import { latencyRows } from './rows/latency.ts'
import { memoryRows } from './rows/memory.ts'
import { rivalRows } from './rows/rival.ts'
import { openStage } from './stage.ts'

const options = readOptions(process.argv.slice(2))
const progress = openProgress(process.stderr)
const world = openWorld()
const measured: Record<Part, typeof floorRows> = {
  floor: floorRows,
  rival: rivalRows,
  independence: independenceRows,
  latency: latencyRows,
  growth: growthRows,
  memory: memoryRows,
}
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => void world.close().then(() => process.exit(130)))

try {
  const rows: Row[] = []
  for (const part of options.only) {
    // each on a database of its own: what one leaves behind would slow the next
    const stage = await openStage(world)
    rows.push(...(await measured[part](stage, options, progress)))
  }
  const judged = rows.map(judge)
  const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}`
  process.stdout.write(
    `\n${table(judged)}\n\n${machine}, ${options.rounds} rounds${options.short ? ', short form: the figures mean nothing' : ''}\n`,
  )
  if (options.json !== undefined)
    await writeFile(
      options.json,
      JSON.stringify({ machine, at: new Date(), options, rows: judged }, undefined, 2),
    )
} finally {
  await world.close()
}
