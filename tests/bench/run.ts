import { writeFile } from 'node:fs/promises'
import { availableParallelism, cpus } from 'node:os'
import { openProgress } from '../chaos/progress.ts'
import { openWorld } from '../chaos/world.ts'
import { readOptions, type Part } from './options.ts'
import { growthPicture } from './picture.ts'
import { judge, table, type Judged } from './row.ts'
import { floorRows } from './rows/floor.ts'
import { growthRows } from './rows/growth.ts'
import { independenceRows } from './rows/independence.ts'
import { latencyRows } from './rows/latency.ts'
import { memoryRows } from './rows/memory.ts'
import { rivalRows } from './rows/rival.ts'
import { openStage } from './stage.ts'

const options = readOptions(process.argv.slice(2))
const machine = `${availableParallelism()} × ${cpus()[0]?.model ?? '?'}, Node ${process.version}`
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
  const rows: Judged[] = []
  for (const part of options.only) {
    // each on a database of its own: what one leaves behind would slow the next
    const stage = await openStage(world)
    const found = (await measured[part](stage, options, progress)).map(judge)
    rows.push(...found)
    process.stdout.write(`\n${table(found)}\n\n`)
    // what was measured stays, also when a later part fails
    if (options.json !== undefined)
      await writeFile(options.json, JSON.stringify({ machine, at: new Date(), options, rows }, undefined, 2))
    if (options.picture !== undefined && part === 'growth')
      await writeFile(options.picture, growthPicture(found))
  }
  process.stdout.write(
    `${machine}, ${options.rounds} rounds${options.short ? ', short form: the figures mean nothing' : ''}\n`,
  )
} finally {
  await world.close()
}
