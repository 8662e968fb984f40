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

const LANES = 5

const options = readOptions(process.argv.slice(2))
const { short, only } = options
const progress = openProgress(process.stderr)
const random = seededRandom(options.seed)
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () =>
      reject(new Error(`ended by ${signal}; everything that was started is stopped`)),
    )
})
interrupted.catch(() => {})

progress.say(`${short ? 'short' : 'full'} form, seed ${options.seed}`)
try {
  const how = { random, short, progress }
  const matrix = (world: World, servers: AdServer[]) =>
    openLanes(world, LANES, servers).then((lanes) => runMatrix(lanes, servers, how))
  const trials = only === 'storm' ? [] : await inWorld(matrix)
  const storm =
    only === 'matrix' ? undefined : await inWorld((world, servers) => runStorm(world, servers, how))
  const well = await report(options, trials, storm)
  process.exitCode = well ? 0 : 1
} catch (error) {
  process.stderr.write(
    `\n${(error as Error).stack}\nTo see it again: npm run chaos -- --seed ${options.seed}\n`,
  )
  process.exitCode = 1
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
    return await Promise.race([begin().then((servers) => work(world, servers)), interrupted])
  } finally {
    await world.close()
  }
}
