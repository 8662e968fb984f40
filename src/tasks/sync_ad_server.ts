import { setTimeout as wait } from 'node:timers/promises'
import { withSignal } from '../abort.ts'
import { AdapterError, type AdServerAdapter } from '../adapters/adapter.ts'
import { jsonb } from '../db/database.ts'
import { takeLeave, watch } from './ad_server/traffic.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { carryOver } from './synchronisation/carry_over.ts'
import { keepPage } from './synchronisation/keep_page.ts'
import { finish, goOnLater, isUnmoved, readRun, type Run } from './synchronisation/run.ts'
import { settle } from './synchronisation/settle.ts'

/** Then others of the same ad server have their turn. */
const PAGES_A_TURN = 20
/** Leave that comes within this time is waited for; this job keeps nobody else waiting. */
const WORTH_WAITING_MS = 2000

/**
 * Reads on what an ad server holds of one kind, page by page, from where the last page was kept; whatever dies, the next worker
 * goes on there (design: docs/synchronisation.md).
 */
export const syncAdServer = defineTask({
  name: 'sync_ad_server',
  async run({ sync_job_id }, ctx) {
    for (let page = 0; page < PAGES_A_TURN; page++) {
      const run = await readRun(ctx.db, sync_job_id)
      if (!run) return
      try {
        await getOn(ctx, run)
      } catch (error) {
        return settle(ctx, run, error)
      }
    }
    const run = await readRun(ctx.db, sync_job_id)
    if (run) await goOnLater(ctx.db, run)
  },
})

/** One page, one batch, or the facts of the network. @throws AdapterError */
async function getOn(ctx: TaskContext, run: Run): Promise<void> {
  const { kind } = run
  if (kind !== 'network' && run.state === 'carrying_over')
    return carryOver(ctx.db, { ...run, kind }, ctx.clock())
  const adapter = await ctx.connect(run.connection_id)
  if (kind === 'network') return readNetwork(ctx, adapter, run)
  const { readPage } = adapter
  if (!readPage || !adapter.capabilities.reads[kind]) throw unread(kind)
  const question = { cursor: run.cursor, changed_since: run.changed_since?.toISOString() ?? null }
  const page = await ask(ctx, adapter, run, (signal) =>
    readPage(kind, question, { signal, attempt: run.failures + 1 }),
  )
  await keepPage(ctx.db, { ...run, kind }, page, ctx.clock())
  // leave was taken for one request before it was known how many it takes
  for (let paid = 1; paid < (page.requests ?? 1); paid++) await leave(ctx, run, adapter)
}

async function readNetwork(ctx: TaskContext, adapter: AdServerAdapter, run: Run): Promise<void> {
  const { readNetwork: read } = adapter
  if (!read) throw unread('network')
  const facts = await ask(ctx, adapter, run, (signal) => read({ signal, attempt: run.failures + 1 }))
  const now = ctx.clock()
  await ctx.db.transaction().execute(async (trx) => {
    if (!(await isUnmoved(trx, run))) return
    await trx
      .updateTable('adapter_configs')
      .set({ network: jsonb(facts), network_read_at: now })
      .where('connection_id', '=', run.connection_id)
      .execute()
    await finish(trx, run, 1, now)
  })
}

/** One call, when there is leave for it. @throws AdapterError */
async function ask<T>(
  ctx: TaskContext,
  adapter: AdServerAdapter,
  run: Run,
  call: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  await leave(ctx, run, adapter)
  return watch(ctx.db, run.connection_id, ctx.clock, ctx.signal, () =>
    withSignal([ctx.signal], ctx.stepDeadlineMs, call),
  )
}

async function leave(
  ctx: TaskContext,
  { connection_id }: Run,
  { capabilities: { calls_per_second } }: AdServerAdapter,
): Promise<void> {
  for (let patience = WORTH_WAITING_MS; ;) {
    try {
      return await takeLeave(ctx.db, connection_id, calls_per_second, ctx.clock(), 'background')
    } catch (error) {
      const ms = error instanceof AdapterError ? (error.retry_after_ms ?? Infinity) : Infinity
      if (ms > patience) throw error
      patience -= ms
      await wait(ms, undefined, { signal: ctx.signal })
    }
  }
}

const unread = (kind: string) =>
  new AdapterError('config', 'not_read', `${kind} cannot be read from this ad server (any more).`)
