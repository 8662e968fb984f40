import { withSignal } from '../abort.ts'
import type { AdServerAdapter } from '../adapters/adapter.ts'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { questionByHand } from './fulfilment/by_hand.ts'
import { carryOut, findOut } from './fulfilment/carry_out.ts'
import { settleNeedsHuman } from './fulfilment/give_up.ts'
import { isSent, readOrder, type Order, type SentStep, type Step } from './fulfilment/read.ts'
import { replan } from './fulfilment/replan.ts'
import { isOutOfPatience } from './fulfilment/retry.ts'
import { settleCreativeRefused } from './fulfilment/settle_creative.ts'
import { settleApplied, settleDone, settleLater } from './fulfilment/settle.ts'
import { conflict, settleError, waitedTooLong } from './fulfilment/settle_error.ts'
import { isAtWork, isInDoubt, isOpen, isStale } from './fulfilment/states.ts'
import { withSessionLock } from './session_lock.ts'

const BUSY_RETRY_MS = 2000
const SETTINGS_HOLD_MS = 2000

/**
 * Brings the order of a media buy on one ad server to what is wanted: the only door to an adapter. Goes on where an earlier run
 * stopped, however it stopped, never sends again what may have arrived without looking first, and plans anew from what stands
 * whenever something else is wanted (design: docs/fulfilment.md).
 */
export const fulfilMediaBuy = defineTask({
  name: 'fulfil_media_buy',
  async run({ fulfilment_id }, ctx) {
    const mine = await withSessionLock(ctx.pool, `fulfilment:${fulfilment_id}`, (db, lost) =>
      withSignal([ctx.signal, lost], undefined, (signal) => converge({ ...ctx, db, signal }, fulfilment_id)),
    )
    if (mine) return
    // another worker is at it; make sure somebody looks again should that one die
    const later = new Date(ctx.clock().getTime() + BUSY_RETRY_MS)
    await ctx.db.transaction().execute((trx) => enqueue(trx, 'fulfil_media_buy', { fulfilment_id }, later))
  },
})

/** Plan by plan and step by step, until there is nothing to do now. */
async function converge(ctx: TaskContext & { db: Db }, fulfilmentId: string): Promise<void> {
  let order = await readOrder(ctx.db, fulfilmentId)
  const connect = remembered(SETTINGS_HOLD_MS, ctx.connect)
  while (order && isAtWork(order.fulfilment)) {
    const { fulfilment, steps }: Order = order
    const open = isStale(fulfilment) ? steps.find(isInDoubt) : steps.find(isOpen)
    let adapter: AdServerAdapter | undefined
    try {
      adapter = await connect(fulfilment.connection_id)
      const run = { ...ctx, adapter, order }
      order = await (isStale(fulfilment) ? renew(run, open) : goOn(run, open))
    } catch (error) {
      const lagSeconds = adapter?.capabilities.answer_lag_seconds ?? 0
      return settleError(ctx, fulfilment, open, lagSeconds, error)
    }
  }
}

/** An ad server is known for so long; a secret or a setting that was just set counts from then on. */
function remembered(ms: number, connect: TaskContext['connect']): TaskContext['connect'] {
  let known: { adapter: AdServerAdapter; until: number } | undefined
  return async (connectionId) => {
    if (known && performance.now() < known.until) return known.adapter
    const adapter = await connect(connectionId)
    known = { adapter, until: performance.now() + ms }
    return adapter
  }
}

interface Run extends TaskContext {
  adapter: AdServerAdapter
  order: Order
}
/** The order as it is after a turn; undefined when the job must end here. */
type Turn = Promise<Order | undefined>

const lookAgain = ({ db, order }: Run): Turn => readOrder(db, order.fulfilment.fulfilment_id)

/** Plans anew, once it is certain what became of the last call. */
async function renew(run: Run, doubtful: Step | undefined): Turn {
  const { db, order, adapter } = run
  if (doubtful && isSent(doubtful)) {
    const earlier = await withSignal([run.signal], run.stepDeadlineMs, (signal) =>
      findOut({ ...run, signal, stopped: run.signal }, doubtful, doneOf(order)),
    )
    if (earlier.found === 'match') return settleDone(db, order, doubtful, earlier.external_ids, run.clock())
    if (earlier.found === 'conflict') {
      await settleNeedsHuman(db, order.fulfilment, doubtful, conflict(doubtful, earlier.detail), run.clock())
      return undefined
    }
  }
  const planned = await replan(db, order, adapter, run.clock())
  return planned.steps.some(isOpen) ? planned : goOn({ ...run, order: planned }, undefined)
}

/** Takes the next step, or settles the whole when there is none. */
async function goOn(run: Run, step: Step | undefined): Turn {
  const { db, order } = run
  const { fulfilment } = order
  if (!step) {
    if (!(await settleApplied(db, order, run.clock()))) return lookAgain(run)
    run.log.info({ media_buy_id: fulfilment.media_buy_id }, 'order stands as it is wanted')
    return undefined
  }
  if (isSent(step)) return takeStep(run, step)
  const question = questionByHand(fulfilment.connection, step.body, doneOf(order))
  await settleNeedsHuman(db, fulfilment, step, question, run.clock())
  return undefined
}

/** Carries out one step and settles its outcome. */
async function takeStep(run: Run, step: SentStep): Turn {
  const { db, order } = run
  const { fulfilment } = order
  const outcome = await withSignal([run.signal], run.stepDeadlineMs, (signal) =>
    carryOut({ ...run, signal, stopped: run.signal }, step, doneOf(order)),
  )
  const now = run.clock()
  switch (outcome.type) {
    case 'done':
      return settleDone(db, order, step, outcome.external_ids, now)
    case 'stale':
      return lookAgain(run)
    case 'wait': {
      const at = new Date(now.getTime() + outcome.retry_after_ms)
      if (isOutOfPatience(step, now, outcome.give_up_after_ms))
        await settleNeedsHuman(db, fulfilment, step, waitedTooLong(outcome.reason), now)
      else await settleLater(db, fulfilment, step, { state: 'waiting', at, fault: null, now })
      return undefined
    }
    case 'needs_human': {
      const { message, suggested_action } = outcome
      await settleNeedsHuman(db, fulfilment, step, { code: 'needs_human', message, suggested_action }, now)
      return undefined
    }
    case 'creative_refused':
      await settleCreativeRefused(db, fulfilment, step, outcome, now)
      return lookAgain(run)
    case 'conflict':
      await settleNeedsHuman(db, fulfilment, step, conflict(step, outcome.detail), now)
      return undefined
  }
}

const doneOf = ({ steps }: Order) => steps.filter(isSent).filter(({ state }) => state === 'done')
