import { recordEvent } from '../../commands/record.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { worker } from './give_up.ts'
import { readSteps, type Fulfilment, type Step } from './read.ts'
import { isStale } from './states.ts'
import { standingAfter } from './standing.ts'
import { tellOutcome } from './tell_outcome.ts'
import { busy, isWanted, lockBuy, setFulfilment, setStep, type StepFault } from './write.ts'

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
    await lockBuy(trx, media_buy_id)
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
    await lockBuy(trx, fulfilment.media_buy_id)
    await setStep(trx, step, { state, next_at: at, last_error: fault && jsonb(fault) })
    await setFulfilment(trx, fulfilment, state === 'waiting' ? 'waiting' : busy(fulfilment), now)
    await enqueue(trx, 'fulfil_media_buy', { fulfilment_id: fulfilment.fulfilment_id }, at)
  })
}

/**
 * Every step is done: the order stands as it was planned or, where the buy is over or has nothing on this ad server, is gone. Does
 * nothing if it is wanted otherwise by now.
 */
export async function settleApplied(db: Db, { fulfilment_id, media_buy_id }: Fulfilment, now: Date) {
  await db.transaction().execute(async (trx) => {
    const { revision, status } = await lockBuy(trx, media_buy_id)
    const fulfilment = await selectFulfilment(trx, fulfilment_id).executeTakeFirstOrThrow()
    if (isStale(fulfilment)) return
    const done = (await readSteps(trx, fulfilment_id)).filter(({ state }) => state === 'done')
    const { ordered } = standingAfter(done.flatMap(({ effects }) => effects))
    const stands = isWanted(status, fulfilment) && ordered
    await trx
      .updateTable('fulfilments')
      .set(({ ref, fn, val }) => ({
        state: stands ? 'placed' : 'canceled',
        applied_revision: ref('planned_revision'),
        ...(stands && { placed_at: fn.coalesce('placed_at', val(now)) }),
        updated_at: now,
        last_error: null,
      }))
      .where('fulfilment_id', '=', fulfilment_id)
      .execute()
    const { tenant_id, connection_id, placed_at } = fulfilment
    const changed = done.some((step) => step.revision > fulfilment.applied_revision)
    if (!ordered || !changed) return
    const what = stands ? (placed_at === null ? 'order_placed' : 'order_changed') : 'order_canceled'
    await recordEvent(trx, worker, {
      tenant_id,
      media_buy_id,
      revision,
      action: what,
      detail: { summary: summaries[what], connection_id },
    })
    await tellOutcome(trx, { ...fulfilment, media_buy_id }, what, now)
  })
}

const summaries = {
  order_placed: 'The order stands on the ad server.',
  order_changed: 'The order on the ad server was changed.',
  order_canceled: 'The order on the ad server was canceled.',
}

function selectFulfilment(trx: Trx, fulfilment_id: string) {
  return trx
    .selectFrom('fulfilments')
    .select([
      'tenant_id',
      'connection_id',
      'placed_at',
      'desired_revision',
      'planned_revision',
      'applied_revision',
    ])
    .where('fulfilment_id', '=', fulfilment_id)
}
