import { join } from 'node:path'
import { sql } from 'kysely'
import pg from 'pg'
import { migrateDatabase } from '../../src/cli/environment.ts'
import { examplePublisher } from '../../src/cli/seed.ts'
import { createToken } from '../../src/commands/create_token.ts'
import { createDb, createPool, type Db } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import type { World } from '../chaos/world.ts'
import { salesdesk } from '../support/processes.ts'
import { eventually } from '../support/eventually.ts'
import type { Target } from './load.ts'

/** A PostgreSQL as durable as in production, with a desk that sells in it. */
export interface Stage {
  world: World
  url: string
  db: Db
  token: string
  /** A server of ours as a process. */
  serve(env?: Record<string, string>): Promise<Target>
  /** A worker as a process; resolves when it takes jobs. */
  work(env?: Record<string, string>): Promise<Hand>
}

/** A worker at work. */
export interface Hand {
  stop(): Promise<void>
  /** Holds it where it is, with whatever it holds, until it may go on. */
  still(): void
  goOn(): void
}

export async function openStage(world: World): Promise<Stage> {
  const folder = await world.folder()
  const log = createLog('warn')
  const start = () => startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), database: 'bench', log })
  const first = await world.begin(start, (one) => one.stop())
  // tells when exactly a buy was committed; takes a restart
  await once(first.url, 'alter system set track_commit_timestamp = on')
  await first.stop()
  const { url } = await world.begin(start, (one) => one.stop())
  await migrateDatabase(url)
  const pool = createPool(url, { max: 4, log, name: 'bench', queryTimeoutMs: 3_600_000 })
  await world.begin(
    () => Promise.resolve(pool),
    (one) => one.end(),
  )
  const db = createDb(pool)
  await savePublisher(db, await readPublisherFile(examplePublisher))
  const token = await createToken(db, 'pinnacle', { by: { kind: 'operator', name: 'bench' } })
  const stage = { world, url, db, token, ...processes(url, token) }
  await learn(stage)
  return stage
}

/** Lets PostgreSQL learn how large its tables have become, as it does of itself each minute; until then it may plan as if they were empty. */
export async function settle({ db }: Stage): Promise<void> {
  await sql`analyze`.execute(db)
}

/** A worker asks the ad servers what they can do; until then nothing is sold on them. */
async function learn({ db, work }: Stage) {
  const worker = await work()
  const unknown = db.selectFrom('adapter_configs').select('connection_id').where('capabilities', 'is', null)
  await eventually('every ad server says what it can do', async () => !(await unknown.executeTakeFirst()))
  await worker.stop()
}

function processes(url: string, token: string): Pick<Stage, 'serve' | 'work'> {
  const env = {
    DATABASE_URL: url,
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'warn',
    MAX_CALLS_PER_MINUTE: '10000000',
  }
  return {
    async serve(more = {}) {
      const one = salesdesk(['serve'], { ...env, ...more })
      const [, at = ''] = await one.said(/answers at (http\S+)\/mcp/)
      return { name: 'Salesdesk', url: `${at}/mcp`, token, pid: one.pid }
    },
    async work(more = {}) {
      const one = salesdesk(['work'], { ...env, ...more })
      await one.said(/\S/)
      return {
        still: () => one.kill('SIGSTOP'),
        goOn: () => one.kill('SIGCONT'),
        async stop() {
          one.kill('SIGTERM')
          await one.exited
        },
      }
    },
  }
}

async function once(url: string, statement: string) {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(statement)
  await client.end()
}
