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
import { sendInOneMessage } from './one_message.ts'
import { prepareOften } from './prepared.ts'
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
  /** A query without an answer for this long is given up, and its connection with it; 25 s unless given. */
  queryTimeoutMs?: number
  /** What is asked often is planned once per connection, and a statement need not wait for the answer of the one before. */
  prepared?: boolean
  /** So many stay open however long nobody asks, so that whoever comes then need not wait for one. */
  min?: number
  /** A commit is answered before it is on disk. For what may be done twice: a crash of PostgreSQL forgets the last second of it. */
  flushLater?: boolean
}

/** Connections that fail fast when PostgreSQL is away (2 s) and never wait for one statement over 20 s. */
export function createPool(
  connectionString: string,
  {
    max,
    log,
    name,
    readOnly = false,
    queryTimeoutMs = 25_000,
    prepared = false,
    min = 0,
    flushLater = false,
  }: PoolOptions,
): pg.Pool {
  const settings = [
    // compiling a plan to machine code, anew at each execution, takes seconds where a statement takes milliseconds; PostgreSQL does it
    // for whatever it holds for dear, such as a brief of ten thousand products
    '-c jit=off',
    ...(readOnly ? ['-c default_transaction_read_only=on'] : []),
    ...(flushLater ? ['-c synchronous_commit=off'] : []),
    // weighing each call's values anew costs more than most of our statements take
    ...(prepared ? ['-c plan_cache_mode=force_generic_plan'] : []),
    // one call takes one core, and the first rows of a list are the same ones each time
    ...(prepared ? ['-c max_parallel_workers_per_gather=0'] : []),
  ]
  const pool = new pg.Pool({
    connectionString,
    max,
    min,
    application_name: `salesdesk ${name}`,
    connectionTimeoutMillis: 2000,
    statement_timeout: 20_000,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    pipeline: prepared,
    types,
    options: settings.join(' '),
  })
  pool.on('error', (error) => {
    // while it ends, the other side may be quicker
    if (!pool.ending) log.warn({ reason: error.message }, 'an idle database connection broke')
  })
  pool.on('release', (_error, client) => dropIfHanging(client))
  // graphile-worker insists on a handler for each client as well
  pool.on('connect', (client) => client.on('error', () => {}))
  if (prepared) {
    sendInOneMessage(pool)
    prepareOften(pool)
  }
  return pool
}

/** A connection given back while it still owes an answer would hang for whoever gets it next, and so for ever. */
function dropIfHanging(client: pg.PoolClient): void {
  const {
    _activeQuery: owed,
    _sentQueryQueue: more,
    connection,
  } = client as unknown as {
    _activeQuery: unknown
    _sentQueryQueue: unknown[]
    connection: { stream: { destroy(): void } }
  }
  if (owed || more.length > 0) connection.stream.destroy()
}

/** Queries over a pool that somebody else opens and ends. */
export function createDb(pool: pg.Pool): Db {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) })
}

/**
 * Stands in a select, and lets the commit of its transaction be answered before it is on disk. Only for what a later commit of the
 * same worker brings to disk with it, before anybody outside learns of either.
 */
export const flushedLater: RawBuilder<string> = sql<string>`set_config('synchronous_commit', 'off', true)`

/** A JSON value as a jsonb parameter. Needed because pg would send a plain array as a PostgreSQL array. */
export function jsonb(value: unknown): RawBuilder<JsonValue> {
  return sql<JsonValue>`${JSON.stringify(value)}::jsonb`
}
