import { sql } from 'kysely'
import {
  AdapterError,
  type AdServerAdapter,
  type DoneStep,
  type Reconciliation,
  type StepOutcome,
} from '../../adapters/adapter.ts'
import { isOver } from '../../adcp/media_buy_lifecycle.ts'
import type { Db } from '../../db/database.ts'
import type { Step } from './read.ts'

export interface StepContext {
  db: Db
  media_buy_id: string
  adapter: AdServerAdapter
  clock: () => Date
  /** Fires when the worker stops, the lock is lost or the step has taken too long. */
  signal: AbortSignal
}

/**
 * Takes one step a step further. The intent is committed before the call, so that whatever dies, the next worker knows that
 * something may have been sent, and looks for it on the ad server before it sends anything again.
 * @throws AdapterError when the ad server gave no usable answer.
 */
export async function carryOut(
  ctx: StepContext,
  step: Step,
  done: readonly DoneStep[],
): Promise<StepOutcome | { type: 'not_wanted' }> {
  const call = { signal: ctx.signal, attempt: step.attempts + 1 }
  if (step.state === 'intent') {
    const earlier = await lookUp(() => ctx.adapter.reconcileStep(step, done, call))
    if (earlier.found === 'match') return { type: 'done', external_ids: earlier.external_ids }
    if (earlier.found === 'conflict') return conflict(step, earlier.detail)
    const quietFor = ctx.adapter.capabilities.answer_lag_seconds * 1000
    const trusted = (step.intent_at?.getTime() ?? 0) + quietFor
    // an order just sent may not show up yet; until it would have, "not found" proves nothing
    if (ctx.clock().getTime() < trusted)
      throw new AdapterError(
        'ambiguous',
        'not_found_yet',
        'It is too early to say whether the last call arrived.',
        { retry_after_ms: quietFor },
      )
  }
  if (!(await writeIntent(ctx, step))) return { type: 'not_wanted' }
  return ctx.adapter.executeStep(step, done, call)
}

/** While nobody can look, what the earlier call did stays unknown, however harmless or final the failure of looking is. */
async function lookUp(look: () => Promise<Reconciliation>): Promise<Reconciliation> {
  try {
    return await look()
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    const { code, message, retry_after_ms } = error
    if (error.class === 'config' || error.class === 'needs_human') throw error
    if (error.class === 'permanent') throw new AdapterError('needs_human', code, message)
    throw new AdapterError('ambiguous', code, message, retry_after_ms === undefined ? {} : { retry_after_ms })
  }
}

/**
 * False when the media buy is over and nothing more may be sent for it. The row lock puts this and a rejection one after the
 * other: either we see the rejection, or it sees our intent.
 */
async function writeIntent({ db, clock, media_buy_id }: StepContext, step: Step): Promise<boolean> {
  const now = clock()
  return db.transaction().execute(async (trx) => {
    const { status } = await trx
      .selectFrom('media_buys')
      .select('status')
      .where('media_buy_id', '=', media_buy_id)
      .forShare()
      .executeTakeFirstOrThrow()
    if (isOver(status)) return false
    await trx
      .updateTable('fulfilment_steps')
      .set({
        state: 'intent',
        intent_at: now,
        first_tried_at: sql`coalesce(first_tried_at, ${now})`,
        attempts: sql`attempts + 1`,
        next_at: null,
      })
      .where('fulfilment_step_id', '=', step.fulfilment_step_id)
      .execute()
    return true
  })
}

function conflict({ external_key }: Step, detail: string): StepOutcome {
  return {
    type: 'needs_human',
    message: `The ad server holds something else under ${external_key}: ${detail}`,
    suggested_action: 'Compare it with the media buy there and decide which one is right.',
  }
}
