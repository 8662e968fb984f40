import { createDesk } from '../../../src/app.ts'
import { serveHttp } from '../../../src/serve_http.ts'
import { readConfig } from '../../../src/config.ts'
import { createDb, createPool, type Db } from '../../../src/db/database.ts'
import { createLog } from '../../../src/log.ts'
import { connectBuyer, type TestBuyer } from '../../support/desk.ts'
import { eventually } from '../../support/eventually.ts'
import { letThrough } from '../../support/gate.ts'
import type { AdServer } from '../ad_servers/ad_server.ts'
import { openForSale, openGates, type Keeper } from '../desk.ts'
import { startWorker, type Worker } from '../workers.ts'

/** A desk of its own with workers of its own, where one order at a time is tried, so that every call at its gates is of that order. */
export interface Lane {
  db: Db
  buyer: TestBuyer
  workers: Worker[]
  /** Who decides about calls from now on; without one, all pass. */
  keep(keeper?: Keeper): void
  /** Brings the workers back to so many; `fresh`: none of them has done anything yet. */
  man(count: number, fresh?: boolean): Promise<void>
  close(): Promise<void>
}

const passing: Keeper = (_server, passage) => letThrough(passage)

/** Opens a lane on an empty, migrated database. */
export async function openLane(databaseUrl: string, servers: readonly AdServer[]): Promise<Lane> {
  let keeper = passing
  const log = createLog('silent')
  const pool = createPool(databaseUrl, { max: 3, log, name: 'chaos' })
  const db = createDb(pool)
  const gates = await openGates(servers, (server, passage) => keeper(server, passage))
  const [token = ''] = await openForSale(db, gates, 1)
  const config = readConfig({ PORT: '0', DATABASE_CONNECTIONS: '2' })
  const desk = createDesk({ config, databaseUrl, log })
  const http = await serveHttp(desk, config)
  const buyer = await connectBuyer(`${http.url}/mcp`, token)
  const workers: Worker[] = []

  const begin = async () => {
    const worker = await startWorker(databaseUrl, { ...gates.secrets, WORKER_CONCURRENCY: '2' })
    await eventually('the worker is known', () =>
      db
        .selectFrom('workers')
        .select('worker_id')
        .where('process_id', '=', worker.process.pid)
        .executeTakeFirst(),
    )
    workers.push(worker)
  }
  const dismiss = async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.stop()))
    // killed workers said no goodbye
    await db.deleteFrom('workers').execute()
  }
  return {
    db,
    buyer,
    workers,
    keep: (one = passing) => void (keeper = one),
    async man(count, fresh = false) {
      if (fresh) await dismiss()
      const missing = Math.max(0, count - workers.length)
      await Promise.all(Array.from({ length: missing }, begin))
    },
    async close() {
      await dismiss()
      await gates.close()
      await buyer.client.close()
      await http.close()
      await desk.close()
      await pool.end()
    },
  }
}
