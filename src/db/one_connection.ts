import { PostgresDialect, Transaction } from 'kysely'
import type { DatabaseConnection, QueryExecutor } from 'kysely'
import type { Db, ReadDb } from './database.ts'
import type { DB } from './schema.ts'

/**
 * Asks all that the work asks on one connection, where a statement goes out when it is asked, not when the one before is answered:
 * those of one `Promise.all` share a message and a wait.
 */
export function onOneConnection<T>(db: Db, work: (db: ReadDb) => Promise<T>): Promise<T> {
  const executor = db.getExecutor()
  return executor.provideConnection(async (connection) => {
    const { trx, end } = over(executor, connection)
    try {
      return await work(trx)
    } finally {
      await end()
    }
  })
}

/**
 * Kysely over one connection until the end, which is when all is answered. Whatever asks later is refused: the connection may be
 * somebody else's by then.
 */
export function over(executor: QueryExecutor, connection: DatabaseConnection) {
  let open = true
  let latest: Promise<unknown> | undefined
  const provider = {
    async provideConnection<R>(use: (one: DatabaseConnection) => Promise<R>): Promise<R> {
      if (!open) throw new Error('The connection of this statement is given back.')
      const answer = use(connection)
      latest = answer
      return answer
    },
  }
  const trx = new Transaction<DB>({ ...unasked, executor: executor.withConnectionProvider(provider) })
  const end = async () => {
    open = false
    // they are answered in order
    await latest?.catch(() => {})
  }
  return { trx, end }
}

/** What Kysely wants beside the executor and asks only for a connection of its own. */
const dialect = new PostgresDialect({ pool: () => Promise.reject(new Error('never asked')) })
const unasked = { config: { dialect }, dialect, driver: dialect.createDriver() }
