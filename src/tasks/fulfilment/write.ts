import type { UpdateObject } from 'kysely'
import { jsonb, type Trx } from '../../db/database.ts'
import type { DB, FulfilmentState, MediaBuyStatus } from '../../db/schema.ts'
import type { Fulfilment, Step } from './read.ts'

/** What went wrong with a step, as the row keeps it. */
export interface StepFault {
  code: string
  message: string
}

/** Changes a step's row. */
export async function setStep(
  trx: Trx,
  { fulfilment_step_id }: Step,
  change: UpdateObject<DB, 'fulfilment_steps'>,
) {
  await trx
    .updateTable('fulfilment_steps')
    .set(change)
    .where('fulfilment_step_id', '=', fulfilment_step_id)
    .execute()
}

/** Drops what is open of a plan: it will not be carried out any more. */
export async function dropOpenSteps(trx: Trx, { fulfilment_id }: Fulfilment) {
  await trx
    .updateTable('fulfilment_steps')
    .set({ state: 'dropped', next_at: null })
    .where('fulfilment_id', '=', fulfilment_id)
    .where('state', 'in', ['planned', 'intent', 'waiting', 'needs_human'])
    .execute()
}

/** Changes a fulfilment's state; `placed` has a date and its own statement. */
export async function setFulfilment(
  trx: Trx,
  { fulfilment_id }: Fulfilment,
  state: Exclude<FulfilmentState, 'placed'>,
  now: Date,
  fault?: StepFault,
) {
  await trx
    .updateTable('fulfilments')
    .set({ state, updated_at: now, ...(fault && { last_error: jsonb(fault) }) })
    .where('fulfilment_id', '=', fulfilment_id)
    .execute()
}

/** What a fulfilment is while the worker is at it: an order that is not whole yet is placed, one that stands or stood is changed. */
export function busy({ placed_at, state }: Fulfilment): 'placing' | 'changing' {
  return placed_at === null && state !== 'changing' ? 'placing' : 'changing'
}

/** The media buy, locked so that nobody moves it while its order is being settled. Every transaction here begins with it. */
export function lockBuy(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('media_buys as buy')
    .innerJoin('tenants as tenant', 'tenant.tenant_id', 'buy.tenant_id')
    .select(['buy.status', 'buy.revision', 'tenant.refusal_policy'])
    .where('buy.media_buy_id', '=', media_buy_id)
    .forUpdate('buy')
    .executeTakeFirstOrThrow()
}

/** False once a media buy is canceled or rejected, or over before this order of it stood: what there is of it is taken back. */
export function isWanted(status: MediaBuyStatus, { placed_at }: { placed_at: Date | null }): boolean {
  if (status === 'completed') return placed_at !== null
  return status !== 'canceled' && status !== 'rejected'
}
