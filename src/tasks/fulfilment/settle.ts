import { sql } from 'kysely'
import { recordEvent } from '../../commands/record.ts'
import { flushedLater, jsonb, type Db, type Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { worker } from './give_up.ts'
import type { Fulfilment, Order, Step } from './read.ts'
import { isStale } from './states.ts'
import { standingAfter } from './standing.ts'
import { tellOutcome } from './tell_outcome.ts'
import { busy, isWanted, lockBuy, setFulfilment, setStep, type StepFault } from './write.ts'

/**
 * A step is done: keep what the ad server called it. One statement, and not waited for to be on disk: the next intent or the end of
 * the order brings it there, and whoever finds the intent alone looks on the ad server.
 */
export async function settleDone(
  db: Db,
  { fulfilment, steps }: Order,
  step: Step,
  external_ids: Record<string, string>,
  done_at: Date,
): Promise<Order> {
  const { media_buy_id, connection_id } = fulfilment
  const { fulfilment_step_id, package_id } = step
  await sql`
    with buy as (select ${flushedLater} from media_buys where media_buy_id = ${media_buy_id} for update),
    done as (
      update fulfilment_steps set state = 'done', done_at = ${done_at}, external_ids = ${jsonb(external_ids)}, last_error = null, next_at = null
      from buy where fulfilment_step_id = ${fulfilment_step_id})
    insert into ad_server_objects (kind, external_id, connection_id, media_buy_id, package_id)
    select object.kind, object.external_id, ${connection_id}, ${media_buy_id}, ${package_id}
    from buy, jsonb_each_text(${jsonb(external_ids)}) as object (kind, external_id)
    on conflict do nothing`.execute(db)
  const done = { ...step, state: 'done' as const, done_at, external_ids, last_error: null, next_at: null }
  return { fulfilment, steps: steps.map((one) => (one === step ? done : one)) }
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
 * Every step is done: the order stands as it was planned or, where the buy is over or has nothing on this ad server, is gone. False,
 * and nothing is settled, if it is wanted otherwise by now.
 */
export async function settleApplied(
  db: Db,
  { fulfilment: { fulfilment_id }, steps }: Order,
  now: Date,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const fulfilment = await lockWithBuy(trx, fulfilment_id)
    if (isStale(fulfilment)) return false
    const done = steps.filter(({ state }) => state === 'done')
    const { ordered } = standingAfter(done.flatMap(({ effects }) => effects))
    const stands = isWanted(fulfilment.status, fulfilment) && ordered
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
    const { tenant_id, media_buy_id, revision, connection_id, placed_at } = fulfilment
    const changed = done.some((step) => step.revision > fulfilment.applied_revision)
    if (!ordered || !changed) return true
    const what = stands ? (placed_at === null ? 'order_placed' : 'order_changed') : 'order_canceled'
    await recordEvent(trx, worker, {
      tenant_id,
      media_buy_id,
      revision,
      action: what,
      detail: { summary: summaries[what], connection_id },
    })
    await tellOutcome(trx, fulfilment, what, now)
    return true
  })
}

const summaries = {
  order_placed: 'The order stands on the ad server.',
  order_changed: 'The order on the ad server was changed.',
  order_canceled: 'The order on the ad server was canceled.',
}

/** The fulfilment as it is, and its buy before it, locked: both, so that neither is older than the other. */
function lockWithBuy(trx: Trx, fulfilment_id: string) {
  return trx
    .selectFrom('media_buys as buy')
    .innerJoin('fulfilments as f', 'f.media_buy_id', 'buy.media_buy_id')
    .select([
      'buy.status',
      'buy.revision',
      'f.tenant_id',
      'f.media_buy_id',
      'f.connection_id',
      'f.placed_at',
      'f.desired_revision',
      'f.planned_revision',
      'f.applied_revision',
    ])
    .where('f.fulfilment_id', '=', fulfilment_id)
    .forUpdate(['buy', 'f'])
    .executeTakeFirstOrThrow()
}
