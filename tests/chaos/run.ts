import { startAdcpMock } from './ad_servers/adcp_mock.ts'
import type { AdServer } from './ad_servers/ad_server.ts'
import { startGoogle } from './ad_servers/google.ts'
import { openLanes } from './matrix/lanes.ts'
import { runMatrix } from './matrix/matrix.ts'
import { readOptions } from './options.ts'
import { openProgress } from './progress.ts'
import { seededRandom } from './random.ts'
import { report } from './report.ts'
import { runStorm } from './storm/storm.ts'
import { openWorld, type World } from './world.ts'

const options = readOptions(process.argv.slice(2))
const { short, only } = options
const progress = openProgress(process.stderr)
const random = seededRandom(options.seed)
class Interrupted extends Error {}
const ended = new Promise<never>((_resolve, reject) => {
  // Ctrl-C may come more than once, and what was started must be stopped first
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => reject(new Interrupted(`ended by ${signal}`)))
  process.on('unhandledRejection', reject)
})
ended.catch(() => {})

progress.say(`${short ? 'short' : 'full'} form, seed ${options.seed}`)
try {
  const how = { random, short, progress }
  const matrix = (world: World, servers: AdServer[]) =>
    openLanes(world, short ? 4 : 5, servers).then((lanes) => runMatrix(lanes, servers, how))
  const trials = only === 'storm' ? [] : await inWorld(matrix)
  const storm =
    only === 'matrix' ? undefined : await inWorld((world, servers) => runStorm(world, servers, how))
  const well = await report(options, trials, storm)
  process.exitCode = well ? 0 : 1
} catch (error) {
  const interrupted = error instanceof Interrupted
  const again = `To see it again: npm run chaos -- --seed ${options.seed}${short ? ' --short' : ''}`
  process.stderr.write(interrupted ? `\n${error.message}\n` : `\n${(error as Error).stack}\n${again}\n`)
  process.exitCode = interrupted ? 130 : 1
}
// what was interrupted may still be waiting for something
process.exit()

/** Does its work with ad servers of its own, and ends all that was started for it. */
async function inWorld<T>(work: (world: World, servers: AdServer[]) => Promise<T>): Promise<T> {
  const world = openWorld()
  const begin = async () => [
    await world.begin(startGoogle, (one) => one.close()),
    await world.begin(startAdcpMock, (one) => one.close()),
  ]
  try {
    return await Promise.race([begin().then((servers) => work(world, servers)), ended])
  } finally {
    await world.close()
  }
}
