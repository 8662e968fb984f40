import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import pg from 'pg'
import { readConfig, type Config } from '../config.ts'
import { startEmbeddedPostgres } from '../db/embedded/index.ts'
import { createDb, createPool, type Db } from '../db/database.ts'
import { migrate } from '../db/migrate.ts'
import { createLog, type Log } from '../log.ts'
import { visible } from '../plain_line.ts'
import { checkDeskFolder } from './desk_folder.ts'
import { ownEncryptionKey } from './encryption_key.ts'

export interface Environment {
  config: Config
  log: Log
  databaseUrl: string
  /** Where the embedded PostgreSQL keeps its data; undefined with a DATABASE_URL. */
  dataDir: string | undefined
}

/**
 * Runs a command with its configuration and a database to talk to: DATABASE_URL, or else the embedded PostgreSQL, which is
 * started if no other command has done so and stopped if no other still needs it. Where there is none yet it is made, unless the
 * command only comes to a desk (`begins: false`). @throws DeskFolderError
 */
export async function withEnvironment(
  work: (environment: Environment) => Promise<void>,
  { begins = true } = {},
): Promise<void> {
  const config = readConfig()
  const log = createLog(config.LOG_LEVEL)
  if (config.DATABASE_URL !== undefined)
    return work({ config, log, databaseUrl: config.DATABASE_URL, dataDir: undefined })
  const dataDir = resolve(config.SALESDESK_DATA_DIR)
  checkDeskFolder(dataDir, { begins })
  config.SALESDESK_ENCRYPTION_KEY ??= ownEncryptionKey(dataDir)
  const postgres = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    database: 'salesdesk',
    log,
  })
  try {
    await work({ config, log, databaseUrl: postgres.url, dataDir: postgres.dataDir })
  } finally {
    await postgres.stop()
  }
}

/** The same with a migrated database open, for commands that do one thing and end. */
export async function withDb(work: (db: Db, environment: Environment) => Promise<void>): Promise<void> {
  await withEnvironment(async (environment) => {
    await migrateDatabase(environment.databaseUrl)
    const pool = createPool(environment.databaseUrl, { max: 4, log: environment.log, name: 'command' })
    try {
      await work(createDb(pool), environment)
    } finally {
      await pool.end()
    }
  })
}

/** Applies what is missing, on a connection without the limits of everyday queries. Returns the names applied. */
export async function migrateDatabase(connectionString: string): Promise<string[]> {
  const pool = new pg.Pool({ connectionString, max: 3, connectionTimeoutMillis: 5000 })
  pool.on('error', () => {})
  pool.on('connect', (client) => client.on('error', () => {}))
  try {
    return await migrate(pool)
  } finally {
    await pool.end()
  }
}

/** Resolves at Ctrl-C or SIGTERM; a second one ends the process on the spot. */
export function untilStopped(): Promise<NodeJS.Signals> {
  return new Promise((stop) => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        stop(signal)
      })
  })
}

/** Who types this command, for the history. */
export function operator(): string {
  return userInfo().username
}

/** Lines for a person; logs go to stderr. Whatever stands in a name or a reason, a line stays one and does nothing to a terminal. */
export function say(...lines: string[]): void {
  for (const line of lines.length > 0 ? lines : ['']) process.stdout.write(`${visible(line)}\n`)
}
