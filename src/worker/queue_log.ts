import { Logger } from 'graphile-worker'
import type { Log } from '../log.ts'

/** What graphile-worker says of its jobs, in our log. */
export function queueLog(log: Log): Logger {
  return new Logger(() => (level, message, meta) => {
    // every finished job is an info line there; ours says it where it matters
    const line = level === 'error' ? 'error' : level === 'warning' ? 'warn' : 'debug'
    log[line]({ meta }, message)
  })
}
