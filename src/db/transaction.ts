import { AbortedTransactionError, CompiledQuery } from 'kysely'
import type { Db, Trx } from './database.ts'
import { over } from './one_connection.ts'

/**
 * A transaction as Kysely's, but a statement goes out when it is asked, not when the one before is answered: those of one
 * `Promise.all` share a message and a wait. PostgreSQL runs them in the order they were asked, and none after one that failed.
 * @throws what the work throws, and nothing of it is kept then
 */
export function inTransaction<T>(db: Db, work: (trx: Trx) => Promise<T>): Promise<T> {
  const executor = db.getExecutor()
  return executor.provideConnection(async (connection) => {
    const begun = connection.executeQuery(begin)
    const { trx, end } = over(executor, connection)
    const last: Promise<unknown>[] = []
    lastStatements.set(trx, last)
    try {
      const [result] = await Promise.all([work(trx), begun])
      void end()
      const committed = connection.executeQuery<{ command: string }>(commit)
      const [{ rows }] = await Promise.all([committed, ...last])
      // a statement failed and somebody caught it
      if (rows[0]?.command === 'ROLLBACK') throw new AbortedTransactionError()
      return result
    } catch (error) {
      // what goes on beside the part that failed must not write outside of any transaction
      void end()
      // only a broken connection refuses it, and takes the transaction with it
      await connection.executeQuery(rollback).catch(() => {})
      throw error
    }
  })
}

/**
 * Leaves a statement whose answer nobody needs to the end of its transaction, so that the commit goes out with it; in a transaction of
 * Kysely's own it is waited for here. @throws what the statement throws, here or from inTransaction
 */
export async function withCommit(trx: Trx, statement: Promise<unknown>): Promise<void> {
  const last = lastStatements.get(trx)
  if (!last) return void (await statement)
  // where the work fails after it, nobody asks
  statement.catch(() => {})
  last.push(statement)
}

const lastStatements = new WeakMap<Trx, Promise<unknown>[]>()

const begin = CompiledQuery.raw('begin')
const commit = CompiledQuery.raw('commit')
const rollback = CompiledQuery.raw('rollback')
