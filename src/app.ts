import type { Download } from './adapters/adapter.ts'
import { adServerKinds } from './adapters/index.ts'
import { learnCapabilities } from './commands/learn_capabilities.ts'
import type { Config } from './config.ts'
import { openConnection, surveyConnection } from './connections.ts'
import { createDb, createPool } from './db/database.ts'
import type { Log } from './log.ts'
import type { Meter } from './monitoring/meter.ts'
import type { SpanRecorder } from './trace.ts'
import type { Desk } from './mcp/call_tool.ts'
import { createConsole } from './console/index.ts'
import { createLive } from './console/live.ts'
import {
  atOnceOf,
  identityOf,
  limitsOf,
  poolsOf,
  publicUrlOf,
  resourceServerOf,
  sealOf,
  signInOf,
  slackOAuthOf,
  slackOf,
} from './from_config.ts'
import type { Mounts } from './mcp/http.ts'
import { clientAddress } from './mcp/limits/client_address.ts'
import { createLimits } from './mcp/limits/limits.ts'
import type { TaskContext } from './tasks/define-task.ts'
import { crontab } from './tasks/crontab.ts'
import { createTaskList } from './tasks/index.ts'
import { inLanes } from './tasks/lanes.ts'
import { createSlack } from './slack/index.ts'
import { sandboxTools, tools } from './tools/index.ts'
import { startWorker, type Worker } from './worker/start.ts'

export interface AppOptions {
  config: Config
  databaseUrl: string
  log: Log
  clock?: () => Date
  meter?: Meter | undefined
  spans?: SpanRecorder | undefined
  /** How long a call to an ad server may take; two minutes unless given. */
  stepDeadlineMs?: number
  /** How long a buyer may take to answer a webhook; ten seconds unless given. */
  webhookDeadlineMs?: number
  /** Where a domain's adagents.json is; at its well-known https address unless given. */
  adagentsAt?: (publisher_domain: string) => string
  /** How adapters fetch files of buyers; from the public internet unless given. */
  download?: Download
}
const WEBHOOK_DEADLINE_MS = 10_000
const STEP_DEADLINE_MS = 120_000

/** The request side: the desk that tools answer from, with a pool on which PostgreSQL refuses to write. */
export function createDesk({
  config,
  databaseUrl,
  log,
  clock = () => new Date(),
  meter,
  spans,
}: AppOptions): Desk & { mounts: Mounts; close(): Promise<void> } {
  const max = poolsOf(config)
  // a little longer than a call: by then nobody waits for the query any more
  const queryTimeoutMs = (config.CALL_DEADLINE_SECONDS + 3) * 1000
  const pool = createPool(databaseUrl, { max: max.tools, log, name: 'tools', queryTimeoutMs, prepared: true })
  const readPool = createPool(databaseUrl, {
    max: max.reads,
    log,
    name: 'reads',
    queryTimeoutMs,
    readOnly: true,
    prepared: true,
  })
  meter?.watchPool('tools', pool)
  meter?.watchPool('reads', readPool)
  const seal = sealOf(config)
  const [db, readDb] = [createDb(pool), createDb(readPool)]
  const publicUrl = publicUrlOf(config)
  const addressOf = clientAddress(config.TRUSTED_PROXIES)
  const live = createLive(databaseUrl, log)
  const oauth = slackOAuthOf(config, seal)
  return {
    mounts: {
      '/console': createConsole({
        ...{ db, readDb, clock, log, publicUrl, seal, live, adServerKinds, ...signInOf(config) },
        addressOf,
        installsSlack: oauth !== undefined,
        oauthIssuer: resourceServerOf(config)?.issuer,
      }),
      '/slack': createSlack({
        ...{ db, readDb, log, clock, ...slackOf(config) },
        signingSecret: config.SLACK_SIGNING_SECRET,
        appToken: config.SLACK_APP_TOKEN,
        only: undefined,
        oauth,
      }),
    },
    tools,
    sandboxTools: config.COMPLY_TEST_CONTROLLER ? sandboxTools : [],
    publicUrl,
    oauth: resourceServerOf(config),
    limits: createLimits({ db, clock, log }, { addressOf, ...limitsOf(config) }),
    webhooks: seal && { seal, allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK },
    db,
    readDb,
    log,
    clock,
    meter,
    spans,
    callDeadlineMs: config.CALL_DEADLINE_SECONDS * 1000,
    async close() {
      await Promise.all([pool.end(), readPool.end(), live.close()])
    },
  }
}

/** The worker side's tasks over their own pool, for a worker that runs or a test that drains the queue. */
export function createTasks({
  config,
  databaseUrl,
  log,
  clock = () => new Date(),
  stepDeadlineMs = STEP_DEADLINE_MS,
  webhookDeadlineMs: deadlineMs = WEBHOOK_DEADLINE_MS,
  adagentsAt,
  download,
  meter,
  spans,
}: AppOptions) {
  const pool = createPool(databaseUrl, {
    max: poolsOf(config).tasks,
    log,
    name: 'tasks',
    prepared: true,
    // the session of an order that comes after a quiet hour, and what its adapter reads
    min: 2,
  })
  meter?.watchPool('tasks', pool)
  const db = createDb(pool)
  const connect: TaskContext['connect'] = (id) => openConnection(db, config, id, download, { log, meter })
  const webhooks = { seal: sealOf(config), allowLoopback: config.WEBHOOK_ALLOW_LOOPBACK, deadlineMs }
  const slack = slackOf(config)
  const identity = identityOf(config, adagentsAt)
  const taskList = createTaskList({
    db,
    pool,
    log,
    clock,
    meter,
    spans,
    stepDeadlineMs,
    connect,
    survey: (connectionId, call) => surveyConnection(db, config, connectionId, call),
    webhooks,
    slack,
    identity,
    oauthIssuer: config.OAUTH_ISSUER,
  })
  return { pool, db, taskList }
}

/** A worker in this process. Each time it comes up it learns anew what the ad servers can do. */
export async function startWorking(options: AppOptions): Promise<Worker> {
  const { config, databaseUrl, log } = options
  const { pool, db, taskList } = createTasks(options)
  const { buyers, people, strangers, orders } = inLanes(taskList)
  const at_once = atOnceOf(config)
  try {
    const worker = await startWorker({
      connectionString: databaseUrl,
      lanes: [
        { concurrency: at_once.orders, taskList: orders, crontab },
        { concurrency: at_once.webhooks, taskList: buyers, crontab: [] },
        { concurrency: at_once.slack, taskList: people, crontab: [] },
        { concurrency: at_once.syncs, taskList: strangers, crontab: [] },
      ],
      ...{ db, log, meter: options.meter },
      onStart: () => learnCapabilities(db),
    })
    return {
      lives: () => worker.lives(),
      async stop() {
        await worker.stop()
        await pool.end()
      },
    }
  } catch (error) {
    await pool.end()
    throw error
  }
}
