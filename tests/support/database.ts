import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterAll, beforeAll, inject } from 'vitest'
import { createDb, createPool, type Db } from '../../src/db/database.ts'
import { createLog, type Log } from '../../src/log.ts'

export const quiet: Log = createLog('silent')

export interface TestDatabase {
  url: string
  pool: pg.Pool
  db: Db
}

/** A migrated database of its own for the test file that calls this, dropped when the file is done. */
export function testDatabase(): TestDatabase {
  return databaseFrom('template')
}

/** The same with the example publisher seeded. */
export function seededDatabase(): TestDatabase {
  return databaseFrom('seeded')
}

/** A database without a single table of ours, as an operator creates it. */
export function emptyDatabase(): TestDatabase {
  return databaseFrom('template0')
}

function databaseFrom(template: string): TestDatabase {
  const name = `test_${randomBytes(6).toString('hex')}`
  const database = { url: urlOf(name) } as TestDatabase
  beforeAll(async () => {
    // a copy of the files is made in a fraction of the time a copy through the log takes
    await admin(`create database ${name} template ${template} strategy file_copy`)
    database.pool = createPool(database.url, { max: 20, log: quiet, name: 'test' })
    database.db = createDb(database.pool)
  })
  afterAll(async () => {
    await database.pool.end()
    await admin(`drop database ${name} with (force)`)
  })
  return database
}

function urlOf(name: string): string {
  const url = new URL(inject('postgres'))
  url.pathname = `/${name}`
  return url.href
}

async function admin(statement: string) {
  const client = new pg.Client(urlOf('postgres'))
  await client.connect()
  await client.query(statement)
  await client.end()
}
