import { Kysely, PostgresDialect } from 'kysely'
import type pg from 'pg'
import type { Db } from '../db/database.ts'
import type { DB } from '../db/schema.ts'

/**
 * Runs `work` while this process alone may do what `key` names; returns false at once if another does. The lock lives on one
 * database session, and so do the writes of `work`: whoever has lost the session can neither commit an intent nor, since `lost`
 * then fires, go on waiting for somebody outside.
 */
export async function withSessionLock(
  pool: pg.Pool,
  key: string,
  work: (db: Db, lost: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const client = await pool.connect()
  const lost = new AbortController()
  const onLost = () => lost.abort(new Error('the database session that held the lock is gone'))
  client.once('error', onLost).once('end', onLost)
  try {
    const { rows } = await client.query<{ taken: boolean }>(
      'select pg_try_advisory_lock(hashtextextended($1, 8)) as taken',
      [key],
    )
    if (!rows[0]?.taken) return false
    try {
      await work(onSession(client), lost.signal)
      return true
    } finally {
      if (!lost.signal.aborted)
        await client.query('select pg_advisory_unlock(hashtextextended($1, 8))', [key]).catch(onLost)
    }
  } finally {
    client.off('error', onLost).off('end', onLost)
    client.release(lost.signal.aborted)
  }
}

/** A Kysely whose every query runs on this one session. */
function onSession(client: pg.PoolClient): Db {
  const session = { query: client.query.bind(client), release: () => {} }
  const pool = { connect: () => Promise.resolve(session), end: () => Promise.resolve() }
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool: pool as never }) })
}
