import type { UpdateObject } from 'kysely'
import { isOver, mayMove } from '../../adcp/media_buy_lifecycle.ts'
import { announce } from '../../commands/announce.ts'
import { moveMediaBuy } from '../../commands/move_media_buy.ts'
import { recordEvent, type Actor } from '../../commands/record.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import type { DB, FulfilmentState } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { enqueue } from '../../jobs.ts'
import type { Fulfilment, Step } from './read.ts'

const worker: Actor = { kind: 'worker', name: 'fulfil_media_buy' }
const adServer: Actor = { kind: 'ad_server', name: 'ad server' }

export interface StepFault {
  code: string
  message: string
}

/** A step is done: keep what the ad server called it. */
export async function settleDone(
  db: Db,
  { media_buy_id, connection_id }: Fulfilment,
  step: Step,
  externalIds: Record<string, string>,
  now: Date,
) {
  const objects = Object.entries(externalIds).map(([kind, external_id]) => ({
    kind,
    external_id,
    connection_id,
    media_buy_id,
    package_id: step.package_id,
  }))
  await db.transaction().execute(async (trx) => {
    await setStep(trx, step, {
      state: 'done',
      done_at: now,
      external_ids: jsonb(externalIds),
      last_error: null,
      next_at: null,
    })
    if (objects.length > 0)
      await trx
        .insertInto('ad_server_objects')
        .values(objects)
        .onConflict((oc) => oc.doNothing())
        .execute()
  })
}

/** Nothing to do until `at`: the job ends here and comes back then. */
export async function settleLater(
  db: Db,
  fulfilment: Fulfilment,
  step: Step,
  state: 'planned' | 'intent' | 'waiting',
  at: Date,
  fault: StepFault | null,
) {
  await db.transaction().execute(async (trx) => {
    await setStep(trx, step, { state, next_at: at, last_error: fault && jsonb(fault) })
    await setFulfilment(trx, fulfilment, state === 'waiting' ? 'waiting' : 'placing')
    await enqueue(trx, 'fulfil_media_buy', { fulfilment_id: fulfilment.fulfilment_id }, at)
  })
}

/** Every step is done: the order stands. */
export async function settlePlaced(db: Db, fulfilment: Fulfilment, now: Date) {
  const { tenant_id, media_buy_id, fulfilment_id, desired_revision, connection_id } = fulfilment
  await db.transaction().execute(async (trx) => {
    const { revision, status } = await lockBuy(trx, media_buy_id)
    if (isOver(status)) return askPerson(trx, fulfilment, undefined, notWanted(status), now)
    await trx
      .updateTable('fulfilments')
      .set({
        state: 'placed',
        placed_at: now,
        updated_at: now,
        applied_revision: desired_revision,
        last_error: null,
      })
      .where('fulfilment_id', '=', fulfilment_id)
      .execute()
    await recordEvent(trx, worker, {
      tenant_id,
      media_buy_id,
      revision,
      action: 'order_placed',
      detail: { summary: 'The order stands on the ad server.', connection_id },
    })
  })
}

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
    await setFulfilment(trx, fulfilment, 'refused', fault)
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

async function askPerson(
  trx: Trx,
  fulfilment: Fulfilment,
  step: Step | undefined,
  fault: StepFault & { suggested_action: string },
  now: Date,
) {
  const { tenant_id, media_buy_id } = fulfilment
  if (step) await setStep(trx, step, { state: 'needs_human', last_error: jsonb(fault) })
  await setFulfilment(trx, fulfilment, 'needs_human', fault)
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
    await setFulfilment(trx, fulfilment, 'canceled')
  })
}

function notWanted(status: string) {
  return {
    code: 'not_wanted_any_more',
    message: `The media buy is ${status}, but its order stands on the ad server or may do so.`,
    suggested_action: 'Take back what stands there.',
  }
}

function lockBuy(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('media_buys')
    .select(['status', 'revision'])
    .where('media_buy_id', '=', media_buy_id)
    .forUpdate()
    .executeTakeFirstOrThrow()
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

async function setStep(trx: Trx, { fulfilment_step_id }: Step, change: UpdateObject<DB, 'fulfilment_steps'>) {
  await trx
    .updateTable('fulfilment_steps')
    .set(change)
    .where('fulfilment_step_id', '=', fulfilment_step_id)
    .execute()
}

async function setFulfilment(
  trx: Trx,
  { fulfilment_id }: Fulfilment,
  state: Exclude<FulfilmentState, 'placed'>,
  fault?: StepFault,
) {
  await trx
    .updateTable('fulfilments')
    .set({ state, updated_at: new Date(), ...(fault && { last_error: jsonb(fault) }) })
    .where('fulfilment_id', '=', fulfilment_id)
    .execute()
}
