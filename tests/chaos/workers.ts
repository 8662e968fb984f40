import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import { eventually } from '../support/eventually.ts'
import { salesdesk, type Salesdesk } from '../support/processes.ts'
import { startTcpProxy, type TcpProxy } from '../support/tcp_proxy.ts'

/** A worker process that reaches PostgreSQL only through a proxy of its own. */
export interface Worker {
  process: Salesdesk
  proxy: TcpProxy
  stop(): Promise<void>
}

export async function startWorker(databaseUrl: string, env: Record<string, string>): Promise<Worker> {
  const proxy = await startTcpProxy(databaseUrl)
  const process = salesdesk(['work'], { ...env, DATABASE_URL: proxy.url, LOG_LEVEL: 'warn' })
  await process.said(/is ready/, 60_000)
  const stop = async () => {
    process.kill('SIGKILL')
    await process.exited
    await proxy.close()
  }
  return { process, proxy, stop }
}

/** The worker that is at work on an order, and the port PostgreSQL sees the session come from that holds the order's lock. */
export interface AtWork {
  worker: Worker
  port: number
  job: string
  locked_by: string
}

/** Who is at work on an order right now; undefined: nobody. */
export async function workerAtWork(db: Db, workers: readonly Worker[]): Promise<AtWork | undefined> {
  const { rows } = await sql<{ port: number; process_id: number; job: string; locked_by: string }>`
    select session.client_port as port, j.id::text as job, j.locked_by, w.process_id
    from fulfilments f
    join pg_locks l on l.locktype = 'advisory' and l.granted
      and ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended('fulfilment:' || f.fulfilment_id, 8)
    join pg_stat_activity session on session.pid = l.pid
    join graphile_worker._private_jobs j on j.payload ->> 'fulfilment_id' = f.fulfilment_id
    join workers w on w.worker_id = j.locked_by`.execute(db)
  for (const { port, process_id, job, locked_by } of rows) {
    const worker = workers.find(({ process }) => process.pid === process_id)
    if (worker) return { worker, port, job, locked_by }
  }
  return undefined
}

/** Ends a worker by SIGKILL and resolves, in milliseconds, to how long its job waited until somebody else had taken it. */
export async function killAtWork(
  db: Db,
  { worker, job, locked_by }: AtWork,
): Promise<{ takeover: Promise<number> }> {
  const killedAt = Date.now()
  await worker.stop()
  const takenOver = async () => {
    const { rows } = await sql<{ locked_by: string | null }>`
      select locked_by from graphile_worker._private_jobs where id = ${job}`.execute(db)
    const [left] = rows
    return !left || (left.locked_by !== null && left.locked_by !== locked_by)
  }
  const takeover = eventually('another worker takes the job', takenOver, 60_000, 50).then(
    () => Date.now() - killedAt,
  )
  takeover.catch(() => {})
  return { takeover }
}
