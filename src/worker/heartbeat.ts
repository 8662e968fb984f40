import { hostname } from 'node:os'
import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import type { Log } from '../log.ts'

const EVERY_MS = 5000

/** Writes every five seconds that this worker is here, for `salesdesk doctor`; rows of workers long gone are swept. */
export function startHeartbeat(db: Db, worker_id: string, log: Log): { stop(): Promise<void> } {
  const beat = async () => {
    await db
      .insertInto('workers')
      .values({ worker_id, host: hostname(), process_id: process.pid })
      .onConflict((oc) => oc.column('worker_id').doUpdateSet({ seen_at: sql`now()` }))
      .execute()
    await db
      .deleteFrom('workers')
      .where('seen_at', '<', sql<Date>`now() - interval '1 hour'`)
      .execute()
  }
  const quietly = () => beat().catch((error: unknown) => log.debug({ err: error }, 'heartbeat failed'))
  let last = quietly()
  const timer = setInterval(() => void (last = quietly()), EVERY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await last
      await db
        .deleteFrom('workers')
        .where('worker_id', '=', worker_id)
        .execute()
        .catch(() => {})
    },
  }
}
