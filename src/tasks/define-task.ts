import type { AdServerAdapter, Call, Survey } from '../adapters/adapter.ts'
import type { Db } from '../db/database.ts'
import type { JobName, JobPayload } from '../jobs.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../monitoring/meter.ts'
import type { SpanRecorder } from '../trace.ts'
import type { Seal } from '../seal.ts'
import type pg from 'pg'

/** What a task is given. `signal` fires when the worker must stop; no task may ignore it. */
export interface TaskContext {
  db: Db
  pool: pg.Pool
  log: Log
  clock: () => Date
  meter?: Meter | undefined
  spans?: SpanRecorder | undefined
  signal: AbortSignal
  /** No single call to an ad server is waited for longer. */
  stepDeadlineMs: number
  connect(connectionId: string): Promise<AdServerAdapter>
  /** How it is to connect there, also before all settings are known; what the ad server turns away is a finding. */
  survey(connectionId: string, call: Call): Promise<Survey>
  webhooks: WebhookSending
  slack: SlackSending
  /** How publishers may name this agent; undefined without a PUBLIC_URL, when nobody can. */
  identity?: Identity | undefined
  /** Whose access tokens buyers may come with. */
  oauthIssuer?: string | undefined
}
/** Under which URLs this agent is known, and where a domain says which agents it allows. */
export interface Identity {
  agentUrls: readonly string[]
  adagentsAt(publisher_domain: string): string
}
/** How a publisher's people are reached in Slack. */
export interface SlackSending {
  seal: Seal | undefined
  /** Of the one app whose token the environment has. */
  botToken: string | undefined
  apiUrl: string
  /** How incoming webhooks are reached: https on the public internet, or where the operator says that Slack is. */
  fetch: typeof globalThis.fetch
  /** Where publishers' pages of the console begin. */
  consoleUrl: string
}
/** How webhooks go out; without a seal none can be signed. */
export interface WebhookSending {
  seal: Seal | undefined
  allowLoopback: boolean
  deadlineMs: number
}

export interface TaskDefinition<N extends JobName> {
  name: N
  /** Does the job. May run twice, also at the same time, and must then do no more than once. */
  run(payload: JobPayload<N>, ctx: TaskContext): Promise<void>
}

export const defineTask = <N extends JobName>(task: TaskDefinition<N>): TaskDefinition<N> => task
