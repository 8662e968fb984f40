import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { createToken } from '../commands/create_token.ts'
import { createDb, createPool, type Db } from '../db/database.ts'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../db/embedded/index.ts'
import { migrateDatabase } from '../cli/environment.ts'
import { examplePublisher } from '../cli/seed.ts'
import { enqueue } from '../jobs.ts'
import { createLog } from '../log.ts'
import { readPublisherFile } from '../seed/publisher_file.ts'
import { savePublisher } from '../seed/save_publisher.ts'
import type { Cleanup } from './cleanup.ts'
import { runCommand, startProcess } from './processes.ts'

/** A PostgreSQL in a temporary folder, gone without a trace after `cleanup`, even if that comes while it still starts. */
export function openDatabase(cleanup: Cleanup): Promise<EmbeddedPostgres> {
  // nothing is awaited before cleanup knows of it: an interrupt in between would leave it behind
  const folder = mkdtempSync(join(tmpdir(), 'salesdesk-demo-'))
  const starting = startEmbeddedPostgres({
    dataDir: join(folder, 'postgres'),
    database: 'salesdesk',
    ephemeral: true,
    log: createLog('warn'),
  })
  cleanup.add(async () => {
    const postgres = await starting.catch(() => undefined)
    await postgres?.stop()
    await rm(folder, { recursive: true, force: true })
  })
  return starting
}

/** What the simulated ad server has to sell. */
export const AD_UNITS = 20_000

/** The tables, the example publisher, its ad server's inventory, and a token for one of its buying agents. */
export async function prepare(postgres: EmbeddedPostgres, cleanup: Cleanup) {
  const migrations = await migrateDatabase(postgres.url)
  const pool = createPool(postgres.url, { max: 4, log: createLog('warn'), name: 'demo' })
  cleanup.add(() => pool.end())
  const db = createDb(pool)
  const saved = await savePublisher(db, await readPublisherFile(examplePublisher))
  await sql`insert into simulated.ad_units (network, name, sizes)
    select 'house', 'Ad unit ' || n, '{300x250}' from generate_series(1, ${AD_UNITS}) n`.execute(db)
  const token = await createToken(db, 'pinnacle', { by: { kind: 'operator', name: 'demo' } })
  return { migrations, db, saved, token }
}

/** A server and a worker, each a process of its own, and the commands by which a person approves and has the ad server read. */
export async function startDesk(databaseUrl: string, cleanup: Cleanup) {
  const env = { DATABASE_URL: databaseUrl, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'info' }
  const startWorker = () => startProcess('work', env, cleanup)
  const [serve, worker] = await Promise.all([startProcess('serve', env, cleanup), startWorker()])
  const command = (...args: string[]) => runCommand(args, { ...env, LOG_LEVEL: 'error' })
  const approve = (id: string) => command('approve', id, '--by', 'Dana from Sales')
  return { serve, worker, startWorker, approve, sync: () => command('sync', 'house') }
}

/** Orders standing on the simulated ad server for a media buy, counted in its own books. */
export async function countOrders(db: Db, mediaBuyId: string): Promise<number> {
  const row = await db
    .selectFrom('simulated.orders')
    .select(sql<number>`count(*)::int`.as('orders'))
    .where('reference', '=', `adcp:${mediaBuyId}`)
    .executeTakeFirstOrThrow()
  return row.orders
}

/** Process id of the worker that is placing this media buy right now, if one is. */
export async function workerPlacing(db: Db, mediaBuyId: string): Promise<number | undefined> {
  const rows = sql<{ process_id: number }>`(
    select w.process_id from graphile_worker._private_jobs j
    join workers w on w.worker_id = j.locked_by
    join fulfilments f on j.payload->>'fulfilment_id' = f.fulfilment_id
    where f.media_buy_id = ${mediaBuyId})`
  return (await db.selectFrom(rows.as('placing')).selectAll().executeTakeFirst())?.process_id
}

/** Has the workers read the figures of every ad server now; otherwise they do so each hour. */
export async function haveFiguresRead(db: Db): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx.updateTable('delivery_readings').set({ next_at: new Date() }).execute()
    await enqueue(trx, 'read_due_deliveries', {})
  })
}
