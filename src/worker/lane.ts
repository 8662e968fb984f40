import { EventEmitter } from 'node:events'
import { run, type ParsedCronItem, type Runner, type TaskList, type WorkerEvents } from 'graphile-worker'
import type pg from 'pg'
import type { Log } from '../log.ts'
import type { RungLane } from './bell.ts'
import { queueLog } from './queue_log.ts'
import { wakeForQueues } from './wake_for_queues.ts'

/** A running job hears of a stop after this long; most are done by then. */
const GRACEFUL_MS = 25_000

export interface Lane {
  concurrency: number
  taskList: TaskList
  crontab: ParsedCronItem[]
}
/** A lane on its way: whoever watches it hears by its events. */
export interface HeardLane extends Lane, RungLane {
  pool: pg.Pool
}
export const heard = (lane: Lane, pool: pg.Pool): HeardLane => ({
  ...lane,
  pool,
  tasks: Object.keys(lane.taskList),
  events: new EventEmitter() as WorkerEvents,
})

interface LaneContext {
  log: Log
  /** Called before the lane takes its first job. */
  claim(poolId: string): void
}

/** Works off the jobs of a lane until stopped. */
export function startLane(lane: HeardLane, { log, claim }: LaneContext): Promise<Runner> {
  const { events } = lane
  events.on('pool:create', ({ workerPool: { id } }) => claim(id))
  wakeForQueues(events)
  return run({
    pgPool: lane.pool,
    taskList: lane.taskList,
    parsedCronItems: lane.crontab,
    events,
    noHandleSignals: true,
    logger: queueLog(log),
    preset: {
      worker: {
        concurrentJobs: lane.concurrency,
        // the bell wakes them
        pollInterval: 60_000,
        // with the default, stop() resolves before the completion of the last job is written, and it would run again
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
        gracefulShutdownAbortTimeout: GRACEFUL_MS,
      },
    },
  })
}
