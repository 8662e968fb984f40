import { withSignal } from '../abort.ts'
import { AdapterError, type AdServerAdapter } from '../adapters/adapter.ts'
import { isOver } from '../adcp/media_buy_lifecycle.ts'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask, type TaskContext } from './define-task.ts'
import { carryOut } from './fulfilment/carry_out.ts'
import { withFulfilmentLock } from './fulfilment/lock.ts'
import { planSteps } from './fulfilment/plan.ts'
import { readFulfilment, type Fulfilment, type Step } from './fulfilment/read.ts'
import { isOutOfPatience, retryAt } from './fulfilment/retry.ts'
import { settleNeedsHuman, settleNotWanted, settleRefused } from './fulfilment/give_up.ts'
import { settleDone, settleLater, settlePlaced } from './fulfilment/settle.ts'
import { isSettled } from './fulfilment/states.ts'

const BUSY_RETRY_MS = 2000

/**
 * Places a media buy on one ad server: the only door to an adapter. Goes on where an earlier run stopped, however it stopped,
 * and never sends again what may have arrived without looking first (design: docs/fulfilment.md).
 */
export const fulfilMediaBuy = defineTask({
  name: 'fulfil_media_buy',
  async run({ fulfilment_id }, ctx) {
    const mine = await withFulfilmentLock(ctx.pool, fulfilment_id, async (db, lost) => {
      const fulfilment = await readFulfilment(db, fulfilment_id)
      if (!fulfilment || isSettled(fulfilment.state)) return
      if (isOver(fulfilment.buy_status)) return settleNotWanted(db, fulfilment, ctx.clock())
      await withSignal([ctx.signal, lost], undefined, (signal) => fulfil({ ...ctx, db, signal }, fulfilment))
    })
    if (mine) return
    // another worker is at it; make sure somebody looks again should that one die
    const later = new Date(ctx.clock().getTime() + BUSY_RETRY_MS)
    await ctx.db.transaction().execute((trx) => enqueue(trx, 'fulfil_media_buy', { fulfilment_id }, later))
  },
})

async function fulfil(ctx: TaskContext & { db: Db }, fulfilment: Fulfilment): Promise<void> {
  let current: Step | undefined
  let adapter: AdServerAdapter | undefined
  try {
    adapter = await ctx.connect(fulfilment.connection_id)
    const steps = await planSteps(ctx.db, fulfilment, adapter)
    const done = steps.filter((step) => step.state === 'done')
    for (const step of steps.slice(done.length)) {
      current = step
      const finished = await takeStep(ctx, adapter, fulfilment, step, done)
      if (!finished) return
      done.push(finished)
    }
  } catch (error) {
    return settleError(ctx, fulfilment, current, adapter?.capabilities.answer_lag_seconds ?? 0, error)
  }
  await settlePlaced(ctx.db, fulfilment, ctx.clock())
  ctx.log.info({ media_buy_id: fulfilment.media_buy_id }, 'order placed')
}

/** Carries out one step and settles its outcome. Returns the finished step, or undefined when the job must end here. */
async function takeStep(
  ctx: TaskContext,
  adapter: AdServerAdapter,
  fulfilment: Fulfilment,
  step: Step,
  done: readonly Step[],
): Promise<Step | undefined> {
  const { media_buy_id } = fulfilment
  const outcome = await withSignal([ctx.signal], ctx.stepDeadlineMs, (signal) =>
    carryOut({ ...ctx, media_buy_id, adapter, signal }, step, done),
  )
  const now = ctx.clock()
  switch (outcome.type) {
    case 'done':
      await settleDone(ctx.db, fulfilment, step, outcome.external_ids, now)
      return { ...step, state: 'done', external_ids: outcome.external_ids }
    case 'wait': {
      if (isOutOfPatience(step, now, outcome.give_up_after_ms))
        await settleNeedsHuman(ctx.db, fulfilment, step, waitedTooLong(outcome.reason), now)
      else
        await settleLater(ctx.db, fulfilment, step, {
          state: 'waiting',
          at: new Date(now.getTime() + outcome.retry_after_ms),
          fault: null,
          now,
        })
      return undefined
    }
    case 'needs_human':
      await settleNeedsHuman(ctx.db, fulfilment, step, { code: 'needs_human', ...outcome }, now)
      return undefined
    case 'not_wanted':
      await settleNotWanted(ctx.db, fulfilment, now)
      return undefined
  }
}

async function settleError(
  ctx: TaskContext,
  fulfilment: Fulfilment,
  step: Step | undefined,
  lagSeconds: number,
  error: unknown,
): Promise<void> {
  // not from the ad server: the database, or a bug. graphile-worker tries again, and an intent left behind is reconciled then
  if (!(error instanceof AdapterError)) throw error
  const { db } = ctx
  const now = ctx.clock()
  const fault = { code: error.code, message: error.message }
  ctx.log.warn(
    { media_buy_id: fulfilment.media_buy_id, step: step?.kind, class: error.class, code: error.code },
    error.message,
  )
  switch (error.class) {
    case 'permanent':
      return settleRefused(db, fulfilment, step, fault, now)
    case 'needs_human':
      return settleNeedsHuman(
        db,
        fulfilment,
        step,
        { ...fault, suggested_action: 'Put it right, then let the step be tried again.' },
        now,
      )
    case 'config':
      return settleNeedsHuman(
        db,
        fulfilment,
        step,
        {
          ...fault,
          suggested_action: 'Correct the connection to the ad server, then let the step be tried again.',
        },
        now,
      )
    case 'transient':
    case 'rate_limited':
    case 'ambiguous': {
      if (!step) throw error
      const suggested_action = 'Look at the ad server; it has not answered usefully for a day.'
      if (isOutOfPatience(step, now))
        return settleNeedsHuman(db, fulfilment, step, { ...fault, suggested_action }, now)
      // a worker that is told to stop hands the step over at once
      const at = ctx.signal.aborted ? now : retryAt(step, error, lagSeconds, now)
      const state = error.class === 'ambiguous' ? 'intent' : 'planned'
      return settleLater(db, fulfilment, step, { state, at, fault, now })
    }
  }
}

function waitedTooLong(reason: string) {
  return {
    code: 'waited_too_long',
    message: `The ad server keeps us waiting: ${reason}.`,
    suggested_action: 'See on the ad server what the order is waiting for.',
  }
}
