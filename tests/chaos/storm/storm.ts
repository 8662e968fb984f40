import { randomBytes } from 'node:crypto'
import { migrateDatabase } from '../../../src/cli/environment.ts'
import { createDb, createPool } from '../../../src/db/database.ts'
import { createLog } from '../../../src/log.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import { openForSale, openGates } from '../desk.ts'
import type { Progress } from '../progress.ts'
import type { Random } from '../random.ts'
import type { Wrong } from '../reconcile.ts'
import type { World } from '../world.ts'
import { openAgent } from './buyers.ts'
import { hireCrew, type Crew } from './crew.ts'
import { startMortalPostgres, type MortalPostgres } from './postgres.ts'
import { settleUp, type Ending } from './settle_up.ts'
import { followWish, type Bought } from './follow_wish.ts'
import { brewUp, type Weather } from './weather.ts'
import { dreamUp } from './wishes.ts'

/** Buying agents, of which each buys for several buyers. */
const AGENTS = 20

export interface StormReport {
  buys: number
  /** How often a buyer had to call again. */
  retries: number
  /** How often each thing has been done to the desk or its ad servers. */
  injected: Record<string, number>
  endings: Record<Ending, number>
  /** From the last fault until nothing was left to be done. */
  recovery_ms: number
  wrong: Wrong[]
  /** What the processes said, where something is wrong. */
  log: string
}

/**
 * Many buyers at once, on several servers and workers that are killed at random with PostgreSQL and the ad servers in a mood; then
 * calm, and everything is counted.
 */
export async function runStorm(
  world: World,
  servers: readonly AdServer[],
  { random, short, progress }: { random: Random; short: boolean; progress: Progress },
): Promise<StormReport> {
  const size = short ? 30 : 200
  const postgres = await startMortalPostgres(world)
  await migrateDatabase(postgres.url)
  const pool = await world.begin(
    async () => createPool(postgres.url, { max: 4, log: createLog('silent'), name: 'chaos' }),
    (one) => one.end(),
  )
  const db = createDb(pool)
  const weather = brewUp(random, 0.1)
  const gates = await world.begin(
    () => openGates(servers, weather.keeper),
    (one) => one.close(),
  )
  const tokens = await openForSale(db, gates, AGENTS)
  const env = {
    ...gates.secrets,
    DATABASE_URL: postgres.url,
    SALESDESK_ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  }
  const crew = await world.begin(
    () => hireCrew(env, { workers: 3, servers: 2 }),
    (one) => one.close(),
  )
  progress.say(`${size} buyers at once`)
  let done = 0
  const buying = dreamUp(random, size).map(async (wish): Promise<Bought> => {
    const agent = openAgent(crew.urls, random.pick(tokens), random)
    try {
      return await followWish(agent, wish)
    } finally {
      await agent.close()
      progress.count('buyers', ++done, size, '')
    }
  })
  const kills = killAbout(random, { crew, postgres, weather, short })
  const [bought] = await Promise.all([Promise.all(buying), kills])
  weather.calm()
  const calmAt = Date.now()
  progress.say('calm: waiting until nothing is left to be done')
  const { wrong, endings } = await settleUp(db, servers, bought)
  return {
    buys: bought.length,
    retries: bought.reduce((sum, one) => sum + one.retries, 0),
    injected: Object.fromEntries(weather.injected),
    endings,
    recovery_ms: Date.now() - calmAt,
    wrong,
    log: wrong.length > 0 ? crew.log() : '',
  }
}

interface Victims {
  crew: Crew
  postgres: MortalPostgres
  weather: Weather
  short: boolean
}

/** Kills workers, servers and PostgreSQL in turns that nobody can foresee, while ad servers are being called. */
async function killAbout(random: Random, { crew, postgres, weather, short }: Victims): Promise<void> {
  const times = (name: string, count: number) => Array.from({ length: count }, () => name)
  const victims = short
    ? [...times('worker', 2), ...times('server', 1), ...times('PostgreSQL', 1)]
    : [...times('worker', 12), ...times('server', 5), ...times('PostgreSQL', 3)]
  for (const victim of random.shuffled(victims)) {
    await weather.calls(20 + random.below(100))
    if (victim === 'PostgreSQL') await postgres.kill()
    else if (!crew.kill(victim as 'worker' | 'server', random.below(10))) continue
    const name = `${victim} killed`
    weather.injected.set(name, (weather.injected.get(name) ?? 0) + 1)
  }
}
