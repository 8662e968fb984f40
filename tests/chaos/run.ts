import { readOptions } from './options.ts'
import { openProgress } from './progress.ts'
import { seededRandom } from './random.ts'
import { report } from './report.ts'
import { openWorld } from './world.ts'
import { runMatrix } from './matrix/matrix.ts'

const options = readOptions(process.argv.slice(2))
const progress = openProgress(process.stderr)
const random = seededRandom(options.seed)
const world = openWorld()
const interrupted = new Promise<'interrupted'>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve('interrupted'))
})

progress.say(`seed ${options.seed}, ${options.short ? 'short' : 'full'} form`)
try {
  const ended = await Promise.race([examine(), interrupted])
  process.exitCode = ended === 'interrupted' ? 130 : ended ? 0 : 1
} finally {
  await world.close()
}
process.exit()

/** Both parts; true if nothing was lost, doubled or stuck. */
async function examine(): Promise<boolean> {
  const { short } = options
  progress.say('starting PostgreSQL, the ad servers and the workers')
  const servers = await world.adServers()
  const lanes = await world.lanes(short ? 5 : 5, servers)
  const outcomes = await runMatrix(lanes, servers, { random, short, progress })
  return report(options, outcomes)
}
