import { join } from 'node:path'
import pg from 'pg'
import { migrateDatabase } from '../../../src/cli/environment.ts'
import { startEmbeddedPostgres } from '../../../src/db/embedded/index.ts'
import { createLog } from '../../../src/log.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import type { World } from '../world.ts'
import { openLane, type Lane } from './lane.ts'

/** So many lanes, each on a database of its own, of one PostgreSQL. */
export async function openLanes(world: World, count: number, servers: readonly AdServer[]): Promise<Lane[]> {
  const dataDir = join(await world.folder(), 'data')
  const log = createLog('warn')
  const postgres = await world.begin(
    () => startEmbeddedPostgres({ dataDir, database: 'template', ephemeral: true, log }),
    (one) => one.stop(),
  )
  await migrateDatabase(postgres.url)
  const urls = await copiesOf(postgres.url, count)
  return Promise.all(
    urls.map((url) =>
      world.begin(
        () => openLane(url, servers),
        (lane) => lane.close(),
      ),
    ),
  )
}

/** The addresses of so many copies of this database. */
async function copiesOf(template: string, count: number): Promise<string[]> {
  const named = (name: string) => Object.assign(new URL(template), { pathname: `/${name}` }).href
  const names = Array.from({ length: count }, (_one, i) => `lane_${i + 1}`)
  const client = new pg.Client(named('postgres'))
  await client.connect()
  try {
    for (const name of names) await client.query(`create database ${name} template template`)
  } finally {
    await client.end()
  }
  return names.map(named)
}
