import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { readPassword } from './data-folder.ts'
import { EmbeddedPostgresError } from './error.ts'
import { findPostmaster, inUse, settledPostmaster, type Postmaster } from './postmaster.ts'

const TRIES = 10

/** The URL of a database of a running server. */
export function urlOf(data: string, port: number, database: string): string {
  return `postgres://postgres:${readPassword(data)}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/**
 * The live server on this data folder, if it is one we can use; undefined if there is none.
 * @throws EmbeddedPostgresError when a server has the folder but does not let us in.
 */
export async function reachableServer(data: string): Promise<Postmaster | undefined> {
  for (let tries = 1; ; tries++) {
    const postmaster = await settledPostmaster(data)
    if (!postmaster) return undefined
    try {
      await query(data, postmaster, 'select 1')
      return postmaster
    } catch (error) {
      // it may have begun to stop just now
      if (tries >= TRIES && findPostmaster(data)) {
        const trouble = `does not let us in (${(error as Error).message})`
        throw new EmbeddedPostgresError(inUse(data, postmaster, trouble), { cause: error })
      }
      await sleep(100)
    }
  }
}

/** Makes the database unless the server has it. */
export async function ensureDatabase(data: string, server: Postmaster, name: string) {
  const found = await query(data, server, 'select from pg_database where datname = $1', [name])
  if (found.rowCount === 0) await query(data, server, `create database ${pg.escapeIdentifier(name)}`)
}

async function query(data: string, server: Postmaster, text: string, values: unknown[] = []) {
  const client = new pg.Client({
    connectionString: urlOf(data, server.port, 'postgres'),
    connectionTimeoutMillis: 5000,
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.query(text, values)
  } finally {
    await client.end()
  }
}
