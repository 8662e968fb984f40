import { mayMove } from '../../adcp/media_buy_lifecycle.ts'
import { announce } from '../../commands/announce.ts'
import { moveMediaBuy } from '../../commands/move_media_buy.ts'
import { recordEvent, type Actor } from '../../commands/record.ts'
import { tellPeople } from '../../commands/tell_people.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { Fulfilment, Step } from './read.ts'
import { tellOutcome } from './tell_outcome.ts'
import { dropOpenSteps, lockBuy, setFulfilment, setStep, type StepFault } from './write.ts'

export const worker: Actor = { kind: 'worker', name: 'fulfil_media_buy' }
const adServer: Actor = { kind: 'ad_server', name: 'ad server' }

/** What a person is told. In doubt: the step's last call may have arrived, and is looked for before anything is sent again. */
export interface Question extends StepFault {
  suggested_action: string
  in_doubt?: boolean
}

/**
 * The ad server refused for good. A new media buy is rejected and the buyer sees why; if something of it stands already, here or
 * on another ad server, that is taken back, or a person is asked first, as the tenant wishes. A change of an order that stood
 * before, or taking it back, is always a matter for a person.
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
    const { status, refusal_policy } = await lockBuy(trx, media_buy_id)
    const stands = await selectPerhapsSent(trx, media_buy_id, step).execute()
    const mayReject = mayMove(status, 'rejected') && fulfilment.placed_at === null
    if (!mayReject || (stands.length > 0 && refusal_policy === 'ask_person')) {
      const suggested_action = refusedAction(mayReject)
      return askPerson(trx, fulfilment, step, { ...fault, suggested_action }, now)
    }
    if (step) await setStep(trx, step, { state: 'failed', last_error: jsonb(fault) })
    const here = stands.some(({ fulfilment_id }) => fulfilment_id === fulfilment.fulfilment_id)
    if (!here) await dropOpenSteps(trx, fulfilment)
    await setFulfilment(trx, fulfilment, here ? 'changing' : 'refused', now, fault)
    const reason = fault.message.slice(0, 500)
    const move = { tenant_id, media_buy_id, now }
    await moveMediaBuy(trx, adServer, { ...move, to: 'rejected', action: 'rejected', reason })
    await announce(trx, { ...move, rejected: reason })
    await tellOutcome(trx, fulfilment, 'order_refused', now)
  })
}

const refusedAction = (isNew: boolean) =>
  isNew
    ? 'Change the order there so that it is accepted and retry, or abandon the media buy: then what stands is taken back.'
    : 'Make the change there by hand and skip the step, or put right what is in its way and retry.'

/** Only a person can go on from here: a workflow step says what happened and what to do. */
export async function settleNeedsHuman(
  db: Db,
  fulfilment: Fulfilment,
  step: Step | undefined,
  question: Question,
  now: Date,
) {
  await db.transaction().execute(async (trx) => {
    await lockBuy(trx, fulfilment.media_buy_id)
    await askPerson(trx, fulfilment, step, question, now)
  })
}

/** Opens the workflow step by which a person goes on, in a transaction that has locked the buy. */
async function askPerson(
  trx: Trx,
  fulfilment: Fulfilment,
  step: Step | undefined,
  { suggested_action, in_doubt = false, ...fault }: Question,
  now: Date,
) {
  const { tenant_id, media_buy_id, fulfilment_id, desired_revision } = fulfilment
  const { code, message } = fault
  if (step)
    await setStep(trx, step, {
      state: 'needs_human',
      next_at: null,
      last_error: jsonb({ code, message }),
      ...(!in_doubt && { intent_at: null }),
    })
  await setFulfilment(trx, fulfilment, 'needs_human', now, { code, message })
  // what was asked about is not planned again before it is wanted otherwise or a person has answered
  await trx
    .updateTable('fulfilments')
    .set({ planned_revision: desired_revision })
    .where('fulfilment_id', '=', fulfilment_id)
    .execute()
  const asked = await trx
    .insertInto('workflow_steps')
    .values({
      workflow_step_id: newId('wf'),
      tenant_id,
      media_buy_id,
      fulfilment_id,
      fulfilment_step_id: step?.fulfilment_step_id ?? null,
      task_type: 'fulfil_media_buy',
      kind: 'needs_human',
      status: 'pending',
      title: message.slice(0, 500),
      suggested_action,
      created_at: now,
      updated_at: now,
    })
    .onConflict((oc) => oc.doNothing())
    .returning('workflow_step_id')
    .executeTakeFirst()
  if (!asked) return
  await tellPeople(trx, { tenant_id, kind: 'needs_human', subject_id: asked.workflow_step_id, now })
  const { revision } = await lockBuy(trx, media_buy_id)
  await recordEvent(trx, worker, {
    tenant_id,
    media_buy_id,
    revision,
    action: 'needs_human',
    detail: { summary: 'A person at the publisher is looking at the order.', code },
  })
}

/** Steps of a media buy, on any ad server, that left something there or may have. The one just refused left nothing. */
function selectPerhapsSent(trx: Trx, media_buy_id: string, refused: Step | undefined) {
  return trx
    .selectFrom('fulfilment_steps as step')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'step.fulfilment_id')
    .select('f.fulfilment_id')
    .where('f.media_buy_id', '=', media_buy_id)
    .where('f.state', '<>', 'canceled')
    .where('step.fulfilment_step_id', '<>', refused?.fulfilment_step_id ?? '')
    .where(({ eb, or, and }) =>
      or([
        eb('step.state', 'in', ['intent', 'waiting', 'done']),
        and([eb('step.state', '=', 'needs_human'), eb('step.intent_at', 'is not', null)]),
      ]),
    )
}
