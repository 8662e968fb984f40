import { mayMove } from '../../adcp/media_buy_lifecycle.ts'
import { announce } from '../../commands/announce.ts'
import { moveMediaBuy } from '../../commands/move_media_buy.ts'
import { recordEvent, type Actor } from '../../commands/record.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Fulfilment, Step } from './read.ts'
import { lockBuy, setFulfilment, setStep, type StepFault } from './write.ts'

export const worker: Actor = { kind: 'worker', name: 'fulfil_media_buy' }
const adServer: Actor = { kind: 'ad_server', name: 'ad server' }

/**
 * The ad server refused for good: the media buy is rejected and the buyer sees why. If something of it stands already or may
 * be on its way, here or on another ad server, a person is asked instead, because somebody has to take that back.
 */
export async function settleRefused(
  db: Db,
  fulfilment: Fulfilment,
  step: Step | undefined,
  fault: StepFault,
  now: Date,
) {
  const { tenant_id, media_buy_id } = fulfilment
  await db.transaction().execute(async (trx) => {
    const { status } = await lockBuy(trx, media_buy_id)
    const sent = await selectPerhapsSent(trx, media_buy_id)
      .where('step.fulfilment_step_id', '<>', step?.fulfilment_step_id ?? '')
      .executeTakeFirst()
    if (sent || !mayMove(status, 'rejected')) {
      const suggested_action =
        'Take back what stands on the ad server, or change the order there so that it is accepted.'
      return askPerson(trx, fulfilment, step, { ...fault, suggested_action }, now)
    }
    if (step) await setStep(trx, step, { state: 'failed', last_error: jsonb(fault) })
    await setFulfilment(trx, fulfilment, 'refused', now, fault)
    const reason = fault.message.slice(0, 500)
    const move = { tenant_id, media_buy_id, now }
    await moveMediaBuy(trx, adServer, { ...move, to: 'rejected', action: 'rejected', reason })
    await announce(trx, { ...move, rejected: reason })
  })
}

/** Only a person can go on from here: a workflow step says what happened and what to do. */
export async function settleNeedsHuman(
  db: Db,
  fulfilment: Fulfilment,
  step: Step | undefined,
  fault: StepFault & { suggested_action: string },
  now: Date,
) {
  await db.transaction().execute((trx) => askPerson(trx, fulfilment, step, fault, now))
}

/** Opens the workflow step by which a person goes on, in the caller's transaction. */
export async function askPerson(
  trx: Trx,
  fulfilment: Fulfilment,
  step: Step | undefined,
  fault: StepFault & { suggested_action: string },
  now: Date,
) {
  const { tenant_id, media_buy_id } = fulfilment
  if (step) await setStep(trx, step, { state: 'needs_human', last_error: jsonb(fault) })
  await setFulfilment(trx, fulfilment, 'needs_human', now, fault)
  await trx
    .insertInto('workflow_steps')
    .values({
      workflow_step_id: newId('wf'),
      tenant_id,
      media_buy_id,
      fulfilment_step_id: step?.fulfilment_step_id ?? null,
      task_type: 'fulfil_media_buy',
      kind: 'needs_human',
      status: 'pending',
      title: fault.message.slice(0, 500),
      suggested_action: fault.suggested_action,
      created_at: now,
      updated_at: now,
    })
    .onConflict((oc) => oc.doNothing())
    .execute()
  const { revision } = await trx
    .selectFrom('media_buys')
    .select('revision')
    .where('media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  await recordEvent(trx, worker, {
    tenant_id,
    media_buy_id,
    revision,
    action: 'needs_human',
    detail: { summary: 'A person at the publisher is looking at the order.', code: fault.code },
  })
}

/** The media buy is canceled or rejected: nothing more is sent, and a person takes back what may have been. */
export async function settleNotWanted(db: Db, fulfilment: Fulfilment, now: Date) {
  await db.transaction().execute(async (trx) => {
    const { status } = await lockBuy(trx, fulfilment.media_buy_id)
    const sent = await selectPerhapsSent(trx, fulfilment.media_buy_id)
      .where('step.fulfilment_id', '=', fulfilment.fulfilment_id)
      .executeTakeFirst()
    if (sent) return askPerson(trx, fulfilment, undefined, notWanted(status), now)
    await setFulfilment(trx, fulfilment, 'canceled', now)
  })
}

export function notWanted(status: string) {
  return {
    code: 'not_wanted_any_more',
    message: `The media buy is ${status}, but its order stands on the ad server or may do so.`,
    suggested_action: 'Take back what stands there.',
  }
}

/** Steps of a media buy, on any ad server, that left something there or may have. */
function selectPerhapsSent(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('fulfilment_steps as step')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'step.fulfilment_id')
    .select('step.fulfilment_step_id')
    .where('f.media_buy_id', '=', media_buy_id)
    .where(({ eb, or, and }) =>
      or([
        eb('step.state', 'in', ['intent', 'waiting', 'done']),
        and([eb('step.state', '=', 'needs_human'), eb('step.intent_at', 'is not', null)]),
      ]),
    )
    .limit(1)
}
