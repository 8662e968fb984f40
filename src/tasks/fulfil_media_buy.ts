import { withSignal } from '../abort.ts'
import type { AdServerAdapter } from '../adapters/adapter.ts'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { questionByHand } from './fulfilment/by_hand.ts'
import { carryOut, findOut } from './fulfilment/carry_out.ts'
import { settleNeedsHuman } from './fulfilment/give_up.ts'
import {
  isSent,
  readFulfilment,
  readSteps,
  type Fulfilment,
  type SentStep,
  type Step,
} from './fulfilment/read.ts'
import { replan } from './fulfilment/replan.ts'
import { isOutOfPatience } from './fulfilment/retry.ts'
import { settleCreativeRefused } from './fulfilment/settle_creative.ts'
import { settleApplied, settleDone, settleLater } from './fulfilment/settle.ts'
import { conflict, settleError, waitedTooLong } from './fulfilment/settle_error.ts'
import { isAtWork, isInDoubt, isOpen, isStale } from './fulfilment/states.ts'
import { withSessionLock } from './session_lock.ts'

const BUSY_RETRY_MS = 2000

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
  for (;;) {
    const fulfilment = await readFulfilment(ctx.db, fulfilmentId)
    if (!fulfilment || !isAtWork(fulfilment)) return
    const steps = await readSteps(ctx.db, fulfilmentId)
    const open = isStale(fulfilment) ? steps.find(isInDoubt) : steps.find(isOpen)
    let adapter: AdServerAdapter | undefined
    try {
      adapter = await ctx.connect(fulfilment.connection_id)
      const run = { ...ctx, adapter, fulfilment, steps }
      if (!(await (isStale(fulfilment) ? renew(run, open) : goOn(run, open)))) return
    } catch (error) {
      const lagSeconds = adapter?.capabilities.answer_lag_seconds ?? 0
      return settleError(ctx, fulfilment, open, lagSeconds, error)
    }
  }
}

interface Run extends TaskContext {
  adapter: AdServerAdapter
  fulfilment: Fulfilment
  steps: readonly Step[]
}

/** Plans anew, once it is certain what became of the last call. False when the job must end here. */
async function renew(run: Run, doubtful: Step | undefined): Promise<boolean> {
  const { db, fulfilment, steps, adapter } = run
  if (doubtful && isSent(doubtful)) {
    const earlier = await withSignal([run.signal], run.stepDeadlineMs, (signal) =>
      findOut({ ...run, signal, stopped: run.signal }, doubtful, doneOf(steps)),
    )
    if (earlier.found === 'match') {
      await settleDone(db, fulfilment, doubtful, earlier.external_ids, run.clock())
      return true
    }
    if (earlier.found === 'conflict') {
      await settleNeedsHuman(db, fulfilment, doubtful, conflict(doubtful, earlier.detail), run.clock())
      return false
    }
  }
  if ((await replan(db, fulfilment, steps, adapter, run.clock())) === 0)
    await settleApplied(db, fulfilment, run.clock())
  return true
}

/** Takes the next step, or settles the whole when there is none. False when the job must end here. */
async function goOn(run: Run, step: Step | undefined): Promise<boolean> {
  const { db, fulfilment, steps } = run
  if (!step) {
    await settleApplied(db, fulfilment, run.clock())
    run.log.info({ media_buy_id: fulfilment.media_buy_id }, 'order stands as it is wanted')
    return true
  }
  if (isSent(step)) return takeStep(run, step)
  const question = questionByHand(fulfilment.connection, step.body, doneOf(steps))
  await settleNeedsHuman(db, fulfilment, step, question, run.clock())
  return false
}

/** Carries out one step and settles its outcome. */
async function takeStep(run: Run, step: SentStep): Promise<boolean> {
  const { db, fulfilment } = run
  const outcome = await withSignal([run.signal], run.stepDeadlineMs, (signal) =>
    carryOut({ ...run, signal, stopped: run.signal }, step, doneOf(run.steps)),
  )
  const now = run.clock()
  switch (outcome.type) {
    case 'done':
      await settleDone(db, fulfilment, step, outcome.external_ids, now)
      return true
    case 'stale':
      return true
    case 'wait': {
      const at = new Date(now.getTime() + outcome.retry_after_ms)
      if (isOutOfPatience(step, now, outcome.give_up_after_ms))
        await settleNeedsHuman(db, fulfilment, step, waitedTooLong(outcome.reason), now)
      else await settleLater(db, fulfilment, step, { state: 'waiting', at, fault: null, now })
      return false
    }
    case 'needs_human': {
      const { message, suggested_action } = outcome
      await settleNeedsHuman(db, fulfilment, step, { code: 'needs_human', message, suggested_action }, now)
      return false
    }
    case 'creative_refused':
      await settleCreativeRefused(db, fulfilment, step, outcome, now)
      return true
    case 'conflict':
      await settleNeedsHuman(db, fulfilment, step, conflict(step, outcome.detail), now)
      return false
  }
}

const doneOf = (steps: readonly Step[]) => steps.filter(isSent).filter(({ state }) => state === 'done')
