import {
  type ControlledTransaction,
  Kysely,
  PostgresDialect,
  sql,
  type RawBuilder,
  type Transaction,
} from 'kysely'
import pg from 'pg'
import type { Log } from '../log.ts'
import type { DB, JsonValue } from './schema.ts'

export type Db = Kysely<DB>
export type Trx = Transaction<DB> | ControlledTransaction<DB>
/** The database as read tools see it: selects and nothing that writes. */
export type ReadDb = Pick<Db, 'selectFrom' | 'selectNoFrom' | 'with' | 'fn'>

// a `date` is a day in no particular zone; turning it into a Date would move it to another one
const types = new pg.TypeOverrides()
types.setTypeParser(pg.types.builtins.DATE, (day) => day)

export interface PoolOptions {
  max: number
  log: Log
  /** Shows in pg_stat_activity. */
  name: string
  /** PostgreSQL itself then refuses to write on these connections. */
  readOnly?: boolean
}

/** Connections that fail fast when PostgreSQL is away (2 s) and never wait for one statement over 20 s. */
export function createPool(
  connectionString: string,
  { max, log, name, readOnly = false }: PoolOptions,
): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    application_name: `salesdesk ${name}`,
    connectionTimeoutMillis: 2000,
    statement_timeout: 20_000,
    query_timeout: 25_000,
    keepAlive: true,
    types,
    ...(readOnly && { options: '-c default_transaction_read_only=on' }),
  })
  pool.on('error', (error) => log.warn({ reason: error.message }, 'an idle database connection broke'))
  // graphile-worker insists on a handler for each client as well
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

export function createDb(pool: pg.Pool): Db {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
}

/** A JSON value as a jsonb parameter. Needed because pg would send a plain array as a PostgreSQL array. */
export function jsonb(value: unknown): RawBuilder<JsonValue> {
  return sql<JsonValue>`${JSON.stringify(value)}::jsonb`
}
