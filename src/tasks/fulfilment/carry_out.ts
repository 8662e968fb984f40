import { sql } from 'kysely'
import {
  AdapterError,
  type AdServerAdapter,
  type DoneStep,
  type Reconciliation,
  type StepOutcome,
} from '../../adapters/adapter.ts'
import { compiledWrite } from '../../db/compiled.ts'
import type { Db } from '../../db/database.ts'
import { takeLeave, watch } from '../ad_server/traffic.ts'
import type { SentStep } from './read.ts'

export interface StepContext {
  db: Db
  adapter: AdServerAdapter
  clock: () => Date
  /** Fires when the worker stops, the lock is lost or the step has taken too long. */
  signal: AbortSignal
  /** Fires only for the first two of these. */
  stopped: AbortSignal
}

export type CarriedOut = StepOutcome | { type: 'conflict'; detail: string } | { type: 'stale' }

/**
 * Takes one step a step further. The intent is committed before the call, so that whatever dies, the next worker knows that
 * something may have been sent, and looks for it on the ad server before it sends anything again. `stale`: nothing was sent,
 * because the order is wanted otherwise by now. @throws AdapterError when the ad server gave no usable answer.
 */
export async function carryOut(
  ctx: StepContext,
  step: SentStep,
  done: readonly DoneStep[],
): Promise<CarriedOut> {
  if (step.state === 'intent') {
    const earlier = await findOut(ctx, step, done)
    if (earlier.found === 'match') return { type: 'done', external_ids: earlier.external_ids }
    if (earlier.found === 'conflict') return { type: 'conflict', detail: earlier.detail }
  }
  await leave(ctx, step)
  if (!(await writeIntent(ctx, step))) return { type: 'stale' }
  const call = { signal: ctx.signal, attempt: step.attempts + 1 }
  return watch(ctx.db, step.connection_id, ctx.clock, ctx.stopped, () =>
    ctx.adapter.executeStep(step, done, call),
  )
}

/** Whether the last call of a step arrived. "Not found" is said only once that is certain. @throws AdapterError */
export async function findOut(
  ctx: StepContext,
  step: SentStep,
  done: readonly DoneStep[],
): Promise<Reconciliation> {
  const call = { signal: ctx.signal, attempt: step.attempts + 1 }
  const earlier = await lookUp(async () => {
    await leave(ctx, step)
    return watch(ctx.db, step.connection_id, ctx.clock, ctx.stopped, () =>
      ctx.adapter.reconcileStep(step, done, call),
    )
  })
  const quietFor = ctx.adapter.capabilities.answer_lag_seconds * 1000
  const trusted = (step.intent_at?.getTime() ?? 0) + quietFor
  // an order just sent may not show up yet; until it would have, "not found" proves nothing
  if (earlier.found === 'none' && ctx.clock().getTime() < trusted)
    throw new AdapterError(
      'ambiguous',
      'not_found_yet',
      'It is too early to say whether the last call arrived.',
      { retry_after_ms: quietFor },
    )
  return earlier
}

const leave = ({ db, adapter, clock }: StepContext, { connection_id }: SentStep) =>
  takeLeave(db, connection_id, adapter.capabilities.calls_per_second, clock())

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
 * False when the order is wanted otherwise than as it was planned, and nothing more may be sent of that plan, or the step is no longer
 * what it was taken for. The row lock puts this and a change one after the other: either we see the change, or it sees our intent.
 */
async function writeIntent({ db, clock }: StepContext, step: SentStep): Promise<boolean> {
  const { fulfilment_id, fulfilment_step_id, state } = step
  const written = await updateToIntent(db, { fulfilment_id, fulfilment_step_id, state, now: clock() })
  return written.length === 1
}

type Intent = Pick<SentStep, 'fulfilment_id' | 'fulfilment_step_id' | 'state'> & { now: Date }
const updateToIntent = compiledWrite((db, { now, ...step }: Intent) =>
  db
    .with('as_planned', (q) =>
      q
        .selectFrom('fulfilments')
        .select('fulfilment_id')
        .where('fulfilment_id', '=', step.fulfilment_id)
        .whereRef('desired_revision', '<=', 'planned_revision')
        .forShare(),
    )
    .updateTable('fulfilment_steps as step')
    .from('as_planned')
    .set({
      state: 'intent',
      intent_at: now,
      first_tried_at: sql`coalesce(first_tried_at, ${now})`,
      attempts: sql`attempts + 1`,
      next_at: null,
    })
    .where('step.fulfilment_step_id', '=', step.fulfilment_step_id)
    .where('step.state', '=', step.state)
    .returning('step.fulfilment_step_id'),
)
