import type { WorkerEvents } from 'graphile-worker'

/** By then the queue of a job that ended is free again. */
const UNLOCKED_MS = 15

/**
 * Wakes a worker when a job in a queue has ended. graphile-worker looks for the next one before the queue is free, finds none and
 * sleeps until it polls again: one job a second, however short.
 */
export function wakeForQueues(events: WorkerEvents): void {
  let stopping = false
  events.on('pool:gracefulShutdown', () => (stopping = true))
  events.on('job:complete', ({ worker, job }) => {
    if (job.job_queue_id === null) return
    setTimeout(() => {
      if (stopping) return
      try {
        worker.workerPool.nudge(1)
      } catch {
        // the pool has ended by itself and is being started again
      }
    }, UNLOCKED_MS)
  })
}
