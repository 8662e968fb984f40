import type { WorkerEvents } from 'graphile-worker'
import type pg from 'pg'
import type { Log } from '../log.ts'

/** Jobs that fall due are looked for this often. */
const EVERY_MS = 1000
/** So long after news the looks begin, and not sooner than ten times what the last one took. */
const SOON_MS = 50

/** A lane as the bell knows it: which jobs are its own, and how many of them it does at once. */
export interface RungLane {
  tasks: readonly string[]
  concurrency: number
  events: WorkerEvents
}
export interface Bell {
  /** Jobs were added, nobody knows whose: has them looked for soon. */
  ring(): void
  stop(): Promise<void>
}

/**
 * Wakes as many workers of each lane as there are jobs they could take. Without it each idle worker of each lane would ask for a job
 * once a second and whenever one is added, and that question writes and locks; this one only reads, once for all.
 */
export function startBell(pool: pg.Pool, lanes: readonly RungLane[], log: Log): Bell {
  const wake = lanes.map(({ events, ...lane }) => ({ ...lane, nudge: nudgerOf(events) }))
  const now = { stopped: false, rung: false, soon: SOON_MS }
  let timer: NodeJS.Timeout
  let looking: Promise<void> | undefined

  async function look() {
    const began = performance.now()
    try {
      const { rows } = await pool.query<{ task: string; jobs: number }>(takeable)
      for (const { tasks, concurrency, nudge } of wake) {
        const jobs = rows.filter(({ task }) => tasks.includes(task)).reduce((sum, row) => sum + row.jobs, 0)
        if (jobs > 0 && !now.stopped) nudge(Math.min(jobs, concurrency))
      }
    } catch (error) {
      log.debug({ err: error }, 'looking for jobs failed')
    }
    now.soon = Math.max(SOON_MS, 10 * (performance.now() - began))
    looking = undefined
    if (!now.stopped) plan(now.rung ? now.soon : EVERY_MS)
  }
  function plan(ms: number) {
    clearTimeout(timer)
    timer = setTimeout(() => {
      now.rung = false
      looking = look()
    }, ms)
  }

  plan(EVERY_MS)
  return {
    ring() {
      if (now.rung || now.stopped) return
      now.rung = true
      if (!looking) plan(now.soon)
    },
    async stop() {
      now.stopped = true
      clearTimeout(timer)
      await looking
    },
  }
}

/** Jobs that are due and that nobody has, nor their queue. */
const takeable = {
  name: 'takeable',
  text: `select t.identifier as task, count(*)::int as jobs
    from graphile_worker._private_jobs j
    join graphile_worker._private_tasks t on t.id = j.task_id
    left join graphile_worker._private_job_queues q on q.id = j.job_queue_id
    where j.is_available and j.run_at <= now() and (j.job_queue_id is null or q.is_available)
    group by t.identifier`,
}

/** Wakes so many idle workers of the lane whose events these are. */
function nudgerOf(events: WorkerEvents): (count: number) => void {
  let nudge: (count: number) => void = () => {}
  events.on('pool:create', ({ workerPool }) => {
    nudge = (count) => {
      try {
        workerPool.nudge(count)
      } catch {
        // the pool has ended by itself and is being started again
      }
    }
  })
  events.on('pool:gracefulShutdown', () => (nudge = () => {}))
  return (count) => nudge(count)
}
