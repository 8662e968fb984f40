import { isOver } from '../../adcp/media_buy_lifecycle.ts'
import { recordEvent } from '../../commands/record.ts'
import { jsonb, type Db } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { notWanted, askPerson, worker } from './give_up.ts'
import type { Fulfilment, Step } from './read.ts'
import { lockBuy, setFulfilment, setStep, type StepFault } from './write.ts'

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

interface Later {
  state: 'planned' | 'intent' | 'waiting'
  at: Date
  fault: StepFault | null
  now: Date
}

/** Nothing to do until `at`: the job ends here and comes back then. */
export async function settleLater(db: Db, fulfilment: Fulfilment, step: Step, later: Later) {
  const { state, at, fault, now } = later
  await db.transaction().execute(async (trx) => {
    await setStep(trx, step, { state, next_at: at, last_error: fault && jsonb(fault) })
    await setFulfilment(trx, fulfilment, state === 'waiting' ? 'waiting' : 'placing', now)
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
