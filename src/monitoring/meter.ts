import type pg from 'pg'

/** What a process counts of its own work. Each door and task is handed one; without METRICS_PORT there is none, and nothing is counted. */
export interface Meter {
  /** `outcome` is `ok` or AdCP's error code. */
  toolCalled(tool: string, outcome: string, seconds: number): void
  jobRan(job: string, outcome: 'done' | 'failed', seconds: number): void
  adServerCalled(call: AdServerCall): void
  watchPool(name: string, pool: pg.Pool): void
}
/** One call to an ad server. `outcome` is what a step came to, `ok` for what only reads, or the class of the error. */
export interface AdServerCall {
  /** The kind of ad server, never the connection: its name would tell whose it is. */
  adapter: string
  call: string
  outcome: string
  seconds: number
}
