import { runOnce, type Task } from 'graphile-worker'
import { sql } from 'kysely'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll } from 'vitest'
import { createDesk, createTasks } from '../../src/app.ts'
import { serveHttp } from '../../src/serve_http.ts'
import type { Download } from '../../src/adapters/adapter.ts'
import { createToken } from '../../src/commands/create_token.ts'
import { readConfig, type Config } from '../../src/config.ts'
import type { Log } from '../../src/log.ts'
import type { Meter } from '../../src/monitoring/meter.ts'
import type { SpanRecorder } from '../../src/trace.ts'
import { queueLog } from '../../src/worker/queue_log.ts'
import { buyersPictures } from './buyers_files.ts'
import { mustBeOfficial } from './official_answer.ts'
import { quiet, seededDatabase, type TestDatabase } from './database.ts'

export type Args = Record<string, unknown>
export interface ToolAnswer {
  isError: boolean
  body: Args & {
    adcp_error?: { code: string; message: string; field?: string; suggestion?: string; recovery?: string }
    errors?: { code: string; field?: string }[]
  }
  texts: string[]
}
export interface TestBuyer {
  client: Client
  call(tool: string, args?: Args): Promise<ToolAnswer>
}
export interface TestDesk extends TestDatabase {
  databaseUrl: string
  /** Base address of the HTTP server, without path. */
  url: string
  /** Where its socket listens; differs from url with a PUBLIC_URL. */
  port: number
  /** What the desk takes for now; a test may set it. */
  now: Date
  token(principalId?: string): Promise<string>
  /** A real MCP client over Streamable HTTP, as this principal. */
  buyer(principalId?: string): Promise<TestBuyer>
  /**
   * Works off every job that is due at `until` (default: now), in this process, and then those they enqueued, until none is due. A clock
   * of the desk's that is behind moves on to jobs that put themselves off.
   */
  runJobs(until?: Date): Promise<void>
}

export interface DeskOptions {
  log?: Log
  meter?: Meter
  spans?: SpanRecorder
  /** Puts something between the desk and its database and gives the address to use instead. */
  via?: (databaseUrl: string) => Promise<string>
  stepDeadlineMs?: number
  webhookDeadlineMs?: number
  /** Where a domain's adagents.json is. */
  adagentsAt?: (publisher_domain: string) => string
  /** How files of buyers are fetched; every buyer's host has pictures unless given. */
  download?: Download
}
/** A queue is free again a moment after its job. */
const PATIENCE_MS = 10_000
/** What a test desk seals with. */
export const encryptionKey = Buffer.alloc(32, 7).toString('base64')

/** The whole request side on HTTP with the example publisher seeded, on a database of its own. */
export function testDesk(
  variables: Record<string, string> = {},
  { log = quiet, via, ...rest }: DeskOptions = {},
): TestDesk {
  const database = seededDatabase()
  const cleanup: (() => Promise<unknown>)[] = []
  const desk = Object.assign(database, { now: new Date() }) as TestDesk
  const clock = () => desk.now

  beforeAll(async () => {
    const config: Config = readConfig({
      ...{ PORT: '0', SALESDESK_ENCRYPTION_KEY: encryptionKey, AD_SERVER_PRIVATE_HOSTS: '127.0.0.1' },
      ...variables,
    })
    const databaseUrl = (await via?.(database.url)) ?? database.url
    const options = { config, databaseUrl, log, clock, download: buyersPictures, ...rest }
    const app = createDesk(options)
    const http = await serveHttp(app, config)
    const tasks = createTasks({ ...options, databaseUrl: database.url })
    cleanup.push(http.close, app.close, () => tasks.pool.end())
    desk.databaseUrl = database.url
    desk.url = http.url
    desk.port = http.port
    desk.token = (principalId = 'pinnacle') =>
      createToken(database.db, principalId, { by: { kind: 'operator', name: 'test' } })
    desk.buyer = async (principalId) => {
      const buyer = await connectBuyer(`${http.url}/mcp`, await desk.token(principalId))
      cleanup.unshift(() => buyer.client.close())
      return buyer
    }
    // the queue goes by PostgreSQL's clock: a job that put itself off by a desk's that is behind would come back at once, for ever
    const onTime = (task: Task): Task => {
      return (payload, helpers) => {
        const { run_at, updated_at } = helpers.job
        if (run_at > desk.now && run_at < updated_at) desk.now = run_at
        return task(payload, helpers)
      }
    }
    const taskList = Object.fromEntries(
      Object.entries(tasks.taskList).flatMap(([name, task]) => (task ? [[name, onTime(task)]] : [])),
    )
    desk.runJobs = async (until = new Date(Math.max(desk.now.getTime(), Date.now()))) => {
      let [before, since] = ['', Date.now()]
      for (;;) {
        const due = await sql<{ key: string | null; tries: string }>`update graphile_worker._private_jobs
            set run_at = least(run_at, now())
            where date_trunc('milliseconds', run_at) <= ${until} and is_available
            returning key, id || '/' || attempts as tries`.execute(database.db)
        if (due.rows.length === 0) return
        const left = JSON.stringify(due.rows)
        if (left !== before) [before, since] = [left, Date.now()]
        else if (Date.now() - since > PATIENCE_MS)
          throw new Error(`Nobody gets these jobs; is their queue held by a worker that died? ${left}`)
        await runOnce({
          logger: queueLog(log),
          pgPool: tasks.pool,
          taskList,
          parsedCronItems: [],
          preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
        })
      }
    }
    // what the ad servers can do
    await desk.runJobs(new Date())
  })
  afterAll(async () => {
    for (const undo of cleanup) await undo()
  })
  return desk
}

/** A real MCP client over Streamable HTTP. */
export async function connectBuyer(url: string, token: string): Promise<TestBuyer> {
  const client = new Client({ name: 'test-buyer', version: '0' })
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  await client.connect(transport)
  return { client, call: (tool, args = {}) => callTool(client, tool, args) }
}

/** One tool call, held against AdCP's own schemas and taken apart for assertions. */
export async function callTool(client: Client, name: string, args: Args): Promise<ToolAnswer> {
  const result = await client.callTool({ name, arguments: args })
  mustBeOfficial(name, args, result)
  const content = result.content as { type: string; text: string }[]
  return {
    isError: result.isError === true,
    body: result.structuredContent as ToolAnswer['body'],
    texts: content.map(({ text }) => text),
  }
}

let serial = 0
/** A valid purchase of one non-guaranteed product; a test overrides what it is about. `package` changes the one package. */
export function aPurchase(overrides: Args & { package?: Args } = {}, now = new Date()): Args {
  const { package: item, ...rest } = overrides
  const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000).toISOString()
  return {
    idempotency_key: `test-purchase-${String(++serial).padStart(8, '0')}-${now.getTime()}`,
    account: { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' },
    brand: { domain: 'acme-outdoor.example' },
    start_time: inDays(14),
    end_time: inDays(35),
    packages: [
      {
        product_id: 'trail_display_run_of_site',
        pricing_option_id: 'cpm_eur_auction',
        budget: 4000,
        bid_price: 5,
        ...item,
      },
    ],
    ...rest,
  }
}
