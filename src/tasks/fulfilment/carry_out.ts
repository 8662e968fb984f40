import { sql } from 'kysely'
import {
  AdapterError,
  type AdServerAdapter,
  type DoneStep,
  type StepOutcome,
} from '../../adapters/adapter.ts'
import type { Db } from '../../db/database.ts'
import type { Step } from './read.ts'

export interface StepContext {
  db: Db
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
): Promise<StepOutcome> {
  const call = { signal: ctx.signal, attempt: step.attempts + 1 }
  if (step.state === 'intent') {
    const earlier = await ctx.adapter.reconcileStep(step, done, call)
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
  await writeIntent(ctx.db, step, ctx.clock())
  return ctx.adapter.executeStep(step, done, call)
}

async function writeIntent(db: Db, { fulfilment_step_id }: Step, now: Date) {
  await db
    .updateTable('fulfilment_steps')
    .set({
      state: 'intent',
      intent_at: now,
      first_tried_at: sql`coalesce(first_tried_at, ${now})`,
      attempts: sql`attempts + 1`,
      next_at: null,
    })
    .where('fulfilment_step_id', '=', fulfilment_step_id)
    .execute()
}

function conflict({ external_key }: Step, detail: string): StepOutcome {
  return {
    type: 'needs_human',
    message: `The ad server holds something else under ${external_key}: ${detail}`,
    suggested_action: 'Compare it with the media buy there and decide which one is right.',
  }
}
