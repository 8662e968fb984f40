import { EventEmitter } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { run, type ParsedCronItem, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker'
import type pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../monitoring/meter.ts'
import { createPool } from '../db/database.ts'
import { startHeartbeat } from './heartbeat.ts'
import { openLiveness } from './liveness.ts'
import { queueLog } from './queue_log.ts'
import { wakeForQueues } from './wake_for_queues.ts'

export interface WorkerOptions {
  connectionString: string
  /** Each has tasks of its own and works on so many of their jobs at once, whatever the other lanes do. */
  lanes: readonly [Lane, ...Lane[]]
  db: Db
  log: Log
  meter?: Meter | undefined
  /** Called each time the worker is up, also after the database was away. */
  onStart: () => Promise<void>
}
export interface Lane {
  concurrency: number
  taskList: TaskList
  crontab: ParsedCronItem[]
}
export interface Worker {
  /** Whether it takes jobs now: not while it stops, nor while the database is away and it waits to start again. */
  lives(): boolean
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
  const now = { up: true }
  const supervised = supervise(options, first, now, stopping.signal)
  return {
    lives: () => now.up && !stopping.signal.aborted,
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

async function supervise(
  options: WorkerOptions,
  first: Running,
  now: { up: boolean },
  stopping: AbortSignal,
) {
  const stopRequested = new Promise<void>((resolve) =>
    stopping.addEventListener('abort', () => resolve(), { once: true }),
  )
  for (let running: Running | undefined = first; running;) {
    await Promise.race([running.ended, stopRequested])
    now.up = false
    await running.stop()
    if (stopping.aborted) return
    options.log.warn('the worker stopped by itself; starting it again')
    running = await restart(options, stopping)
    now.up = running !== undefined
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
  const { connectionString, db, log, meter } = options
  const undo: (() => Promise<unknown>)[] = []
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step().catch(() => {})
  }
  try {
    const pool = createPool(connectionString, {
      max: connectionsFor(options.lanes),
      log,
      name: 'queue',
      // a job whose taking or end PostgreSQL forgot in a crash is done again, which every task must bear
      flushLater: true,
      min: options.lanes.length + 1,
    })
    meter?.watchPool('queue', pool)
    undo.push(() => pool.end())
    const liveness = await openLiveness(connectionString, log)
    undo.push(liveness.stop)
    const lost = new Promise<void>((resolve) =>
      liveness.lost.addEventListener('abort', () => resolve(), { once: true }),
    )
    let heartbeat: ReturnType<typeof startHeartbeat> | undefined
    undo.push(async () => heartbeat?.stop())
    const claims: Promise<void>[] = []
    const claim = (poolId: string) => {
      const claimed = liveness.claim(poolId)
      claimed.catch(() => {})
      claims.push(claimed)
      heartbeat ??= startHeartbeat(db, poolId, log)
    }
    const runners: Runner[] = []
    undo.push(() => Promise.allSettled(runners.map((runner) => runner.stop())))
    for (const lane of options.lanes) runners.push(await startLane(lane, { pool, log, claim }))
    const finished = Promise.race(runners.map(({ promise }) => promise)).catch((error: unknown) =>
      log.warn({ err: error }, 'the worker failed'),
    )
    await Promise.all(claims)
    await options.onStart()
    return { ended: Promise.race([finished, lost]), stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Each lane keeps one to hear of new jobs, and jobs take one for a moment, so the lanes can share those of the widest. */
function connectionsFor(lanes: readonly Lane[]): number {
  return lanes.length + Math.max(...lanes.map(({ concurrency }) => concurrency))
}

interface LaneContext {
  pool: pg.Pool
  log: Log
  /** Called before the lane takes its first job. */
  claim(poolId: string): void
}

function startLane(lane: Lane, { pool, log, claim }: LaneContext): Promise<Runner> {
  const events: WorkerEvents = new EventEmitter()
  events.on('pool:create', ({ workerPool: { id } }) => claim(id))
  wakeForQueues(events)
  return run({
    pgPool: pool,
    taskList: lane.taskList,
    parsedCronItems: lane.crontab,
    events,
    noHandleSignals: true,
    logger: queueLog(log),
    preset: {
      worker: {
        concurrentJobs: lane.concurrency,
        pollInterval: 1000,
        // with the default, stop() resolves before the completion of the last job is written, and it would run again
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        gracefulShutdownAbortTimeout: GRACEFUL_MS,
      },
    },
  })
}
