import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import {
  Logger,
  run,
  type ParsedCronItem,
  type Runner,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker'
import type pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Log } from '../log.ts'
import { createPool } from '../db/database.ts'
import { startHeartbeat } from './heartbeat.ts'
import { openLiveness } from './liveness.ts'

export interface WorkerOptions {
  connectionString: string
  concurrency: number
  taskList: TaskList
  crontab: ParsedCronItem[]
  db: Db
  log: Log
  /** Called each time the worker is up, also after the database was away. */
  onStart: () => Promise<void>
}
export interface Worker {
  /** Takes no new job, lets running ones finish, and is done after 40 seconds at the latest. */
  stop(): Promise<void>
}
/** A running job hears of a stop after this long; most are done by then. */
const GRACEFUL_MS = 25_000
const HARD_STOP_MS = 40_000
const LONGEST_PAUSE_MS = 5000

/**
 * Works off jobs until stopped. graphile-worker ends itself when the database goes away under a finishing job, and its promise
 * then resolves as if all were well; so it is started again for as long as nobody asked it to stop.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const stopping = new AbortController()
  const first = await startOnce(options)
  const supervised = supervise(options, first, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await Promise.race([supervised, pause(HARD_STOP_MS, undefined, { ref: false })])
    },
  }
}

interface Running {
  ended: Promise<void>
  stop(): Promise<void>
}

async function supervise(options: WorkerOptions, first: Running, stopping: AbortSignal) {
  const stopRequested = new Promise<void>((resolve) =>
    stopping.addEventListener('abort', () => resolve(), { once: true }),
  )
  for (let running: Running | undefined = first; running;) {
    await Promise.race([running.ended, stopRequested])
    await running.stop()
    if (stopping.aborted) return
    options.log.warn('the worker stopped by itself; starting it again')
    running = await restart(options, stopping)
  }
}

async function restart(options: WorkerOptions, stopping: AbortSignal): Promise<Running | undefined> {
  for (let wait = 250; !stopping.aborted; wait = Math.min(wait * 2, LONGEST_PAUSE_MS)) {
    try {
      return await startOnce(options)
    } catch (error) {
      options.log.warn({ reason: (error as Error).message }, 'the worker cannot start yet')
      await pause(wait, undefined, { signal: stopping }).catch(() => {})
    }
  }
  return undefined
}

async function startOnce(options: WorkerOptions): Promise<Running> {
  const { connectionString, db, log } = options
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => {})
  }
  try {
    const pool = createPool(connectionString, { max: 10, log, name: 'queue' })
    undo.push(() => pool.end())
    const liveness = await openLiveness(connectionString, log)
    undo.push(liveness.stop)
    const lost = new Promise<void>((resolve) =>
      liveness.lost.addEventListener('abort', () => resolve(), { once: true }),
    )
    const events: WorkerEvents = new EventEmitter()
    let claimed: Promise<void> | undefined
    // before the pool takes its first job
    events.on('pool:create', ({ workerPool: { id } }) => {
      claimed = liveness.claim(id)
      claimed.catch(() => {})
      undo.push(startHeartbeat(db, id, log).stop)
    })
    const runner = await startRunner(options, pool, events)
    undo.push(() => runner.stop())
    const finished = runner.promise.catch((error: unknown) => log.warn({ err: error }, 'the worker failed'))
    await claimed
    await options.onStart()
    return { ended: Promise.race([finished, lost]), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function startRunner(options: WorkerOptions, pgPool: pg.Pool, events: WorkerEvents): Promise<Runner> {
  const { concurrency, taskList, crontab, log } = options
  return run({
    pgPool,
    taskList,
    parsedCronItems: crontab,
    events,
    noHandleSignals: true,
    logger: graphileLogger(log),
    preset: {
      worker: {
        concurrentJobs: concurrency,
        pollInterval: 1000,
        // with the default, stop() resolves before the completion of the last job is written, and it would run again
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        gracefulShutdownAbortTimeout: GRACEFUL_MS,
      },
    },
  })
}

function graphileLogger(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    // every finished job is an info line there; ours says it where it matters
    const line = level === 'error' ? 'error' : level === 'warning' ? 'warn' : 'debug'
    log[line]({ meta }, message)
  })
}
