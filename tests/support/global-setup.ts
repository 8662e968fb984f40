import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import pg from 'pg'
import { migrateDatabase } from '../../src/cli/environment.ts'
import { examplePublisher } from '../../src/cli/seed.ts'
import { createDb, createPool } from '../../src/db/database.ts'
import { startEmbeddedPostgres } from '../../src/db/embedded/index.ts'
import { createLog } from '../../src/log.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { keepTemporaryFilesInMemory } from './in_memory.ts'
import { readTables, type Table } from './query_guard/catalogue.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    postgres: string
    /** Of the migrated database, for the query guard. */
    tables: Table[]
  }
}

/** One throw-away PostgreSQL per run with a migrated database and one that sells besides; each test file copies one of them. */
export default async function setup({ provide }: TestProject) {
  const forget = keepTemporaryFilesInMemory()
  const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
  const postgres = await startEmbeddedPostgres({
    dataDir: join(folder, 'data'),
    database: 'template',
    ephemeral: true,
    log: createLog('warn'),
  })
  await migrateDatabase(postgres.url)
  await copySeeded(postgres.url)
  provide('postgres', postgres.url)
  provide('tables', await tablesOf(postgres.url))
  return async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
    forget()
  }
}

async function tablesOf(database: string): Promise<Table[]> {
  const client = new pg.Client(database)
  await client.connect()
  const tables = await readTables(client)
  await client.end()
  return tables
}

/** `seeded`: the migrated database with the example publisher in it. */
async function copySeeded(template: string): Promise<void> {
  const named = (name: string) => Object.assign(new URL(template), { pathname: `/${name}` }).href
  const client = new pg.Client(named('postgres'))
  await client.connect()
  await client.query('create database seeded template template')
  await client.end()
  const pool = createPool(named('seeded'), { max: 2, log: createLog('warn'), name: 'test' })
  await savePublisher(createDb(pool), await readPublisherFile(examplePublisher))
  await pool.end()
}
