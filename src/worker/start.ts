import { setTimeout as pause } from 'node:timers/promises'
import type { Runner } from 'graphile-worker'
import type pg from 'pg'
import type { Db } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../monitoring/meter.ts'
import { createPool } from '../db/database.ts'
import { startBell } from './bell.ts'
import { deaf } from './deaf.ts'
import { startHeartbeat } from './heartbeat.ts'
import { heard, startLane, type Lane } from './lane.ts'
import { openLiveness } from './liveness.ts'

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
export interface Worker {
  /** Whether it takes jobs now: not while it stops, nor while the database is away and it waits to start again. */
  lives(): boolean
  /** Takes no new job, lets running ones finish, and is done after 40 seconds at the latest. */
  stop(): Promise<void>
}
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
    const pool = openQueue(options)
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
    const [first, ...others] = options.lanes
    const lanes = [heard(first, pool), ...others.map((lane) => heard(lane, deaf(pool)))]
    const bell = startBell(pool, lanes, log)
    undo.push(bell.stop)
    lanes[0]?.events.on('pool:listen:notification', bell.ring)
    for (const lane of lanes) runners.push(await startLane(lane, { log, claim }))
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

/** One connection hears of new jobs and one looks for those that fall due; jobs take one for a moment, so lanes share those of the widest. */
function openQueue({ connectionString, lanes, log }: WorkerOptions): pg.Pool {
  return createPool(connectionString, {
    max: 2 + Math.max(...lanes.map(({ concurrency }) => concurrency)),
    min: 2,
    log,
    name: 'queue',
    // a job whose taking or end PostgreSQL forgot in a crash is done again, which every task must bear
    flushLater: true,
  })
}
