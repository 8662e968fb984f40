import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrateDatabase } from '../../src/cli/environment.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { killAll } from '../support/processes.ts'
import { startAdcpMock } from './ad_servers/adcp_mock.ts'
import type { AdServer } from './ad_servers/ad_server.ts'
import { startGoogle } from './ad_servers/google.ts'
import { openLane, type Lane } from './matrix/lane.ts'

/** Everything chaos starts, and the one way to end it all, also half-way through starting. */
export interface World {
  adServers(): Promise<AdServer[]>
  /** So many lanes, each on a database of its own. */
  lanes(count: number, servers: readonly AdServer[]): Promise<Lane[]>
  close(): Promise<void>
}

export function openWorld(): World {
  const started: Promise<() => Promise<unknown>>[] = []
  let closing = false
  /** Starts something and remembers how to end it, whenever it is up. */
  const begin = async <T>(start: () => Promise<T>, end: (one: T) => Promise<unknown>): Promise<T> => {
    if (closing) throw new Error('interrupted')
    const one = start()
    const undo = one.then(
      (value) => () => end(value),
      () => () => Promise.resolve(),
    )
    started.push(undo)
    return one
  }
  const folder = () =>
    begin(
      async () => {
        const path = await mkdtemp(join(tmpdir(), 'salesdesk-chaos-'))
        // PostgreSQL's own user must be able to go there
        await chmod(path, 0o755)
        return path
      },
      (path) => rm(path, { recursive: true, force: true }),
    )
  return {
    adServers: async () => [
      await begin(startGoogle, (one) => one.close()),
      await begin(startAdcpMock, (one) => one.close()),
    ],
    async lanes(count, servers) {
      const dataDir = join(await folder(), 'data')
      const postgres = await begin(
        () =>
          startEmbeddedPostgres({ dataDir, database: 'template', ephemeral: true, log: createLog('warn') }),
        (one) => one.stop(),
      )
      await migrateDatabase(postgres.url)
      return Promise.all(
        Array.from({ length: count }, async (_one, i) => {
          const url = await copyOf(postgres.url, `lane_${i + 1}`)
          return begin(
            () => openLane(url, servers),
            (lane) => lane.close(),
          )
        }),
      )
    },
    async close() {
      closing = true
      await killAll()
      for (const undo of started.reverse()) await (await undo)().catch(() => {})
      await killAll()
    },
  }
}

/** A copy of this database, by another name. */
async function copyOf(template: string, name: string): Promise<string> {
  const url = new URL(template)
  const client = new pg.Client(Object.assign(new URL(template), { pathname: '/postgres' }).href)
  await client.connect()
  try {
    await client.query(`create database ${name} template template`)
  } finally {
    await client.end()
  }
  url.pathname = `/${name}`
  return url.href
}
