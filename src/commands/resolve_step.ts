import { sql } from 'kysely'
import { isOver, mayMove } from '../adcp/media_buy_lifecycle.ts'
import { jsonb, type Db, type Trx } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { announce } from './announce.ts'
import { moveMediaBuy } from './move_media_buy.ts'
import { recordAudit, recordEvent, type Actor } from './record.ts'
import { lockBuy, selectQuestion, type Buy, type Question } from './resolve_step/question.ts'
import { tellPeople } from './tell_people.ts'
import { isUndecided } from './workflow_step_lifecycle.ts'

export interface Resolution {
  tenant_id: string
  /** A workflow step's id, or that of the media buy it is about. */
  id: string
  /** Tried again; done by hand, and called so on the ad server; or given up, and with it the media buy. */
  how: { type: 'retried' } | { type: 'skipped'; external_id?: string } | { type: 'abandoned'; reason: string }
  by: string
  /** Who of the desk's people that is, where the door knows. */
  user_id?: string
  now: Date
}
export type ResolutionOutcome =
  | { type: 'recorded'; media_buy_id: string }
  | { type: 'already_resolved'; media_buy_id: string; by: string | null; reason: string | null }
  /** What was done by hand has an id on the ad server, and without it nothing could be changed there later. */
  | { type: 'external_id_missing'; object: string }
  /** The question is about the whole order, so there is no step to skip. */
  | { type: 'nothing_to_skip' }
  | { type: 'not_found' }

/**
 * Records what a person did about an order that could not go on by itself, once, with all that follows from it in the same
 * transaction. A second person, from whatever door, changes nothing and is told who did what.
 */
export async function resolveStep(db: Db, resolution: Resolution): Promise<ResolutionOutcome> {
  return db.transaction().execute(async (trx) => {
    const found = await selectQuestion(trx, resolution).executeTakeFirst()
    if (!found) return { type: 'not_found' }
    const { media_buy_id } = found
    // the worker takes the buy first as well, so nobody waits for anybody in a circle
    const buy = await lockBuy(trx, media_buy_id).executeTakeFirstOrThrow()
    const question = await selectQuestion(trx, { ...resolution, id: found.workflow_step_id })
      .forUpdate('w')
      .executeTakeFirstOrThrow()
    const { decided_by: by, reason } = question
    if (!isUndecided(question.status)) return { type: 'already_resolved', media_buy_id, by, reason }
    const refused = await follow(trx, resolution, question, buy)
    if (refused) return refused
    await close(trx, resolution, question)
    return { type: 'recorded', media_buy_id }
  })
}

const actorOf = ({ by, user_id }: Resolution): Actor => ({
  kind: 'operator',
  name: by,
  ...(user_id !== undefined && { user_id }),
})

async function follow(
  trx: Trx,
  resolution: Resolution,
  question: Question,
  buy: Buy,
): Promise<ResolutionOutcome | undefined> {
  const { how, now } = resolution
  switch (how.type) {
    case 'retried':
      await retry(trx, question)
      break
    case 'skipped': {
      const object = objects[question.kind ?? '']
      if (!question.fulfilment_step_id) return { type: 'nothing_to_skip' }
      if (object && !how.external_id) return { type: 'external_id_missing', object }
      await skip(trx, question, object && how.external_id ? { [object]: how.external_id } : {}, now)
      break
    }
    case 'abandoned':
      await abandon(trx, actorOf(resolution), question, buy, how.reason, now)
      return undefined
  }
  const { fulfilment_id, tenant_id, media_buy_id } = question
  await trx
    .updateTable('fulfilments')
    .set({
      state: question.placed_at === null ? 'placing' : 'changing',
      updated_at: now,
      ...(isToBePlannedAnew(question, how) && { desired_revision: sql<number>`desired_revision + 1` }),
    })
    .where('fulfilment_id', '=', fulfilment_id)
    .execute()
  await enqueue(trx, 'fulfil_media_buy', { fulfilment_id })
  await recordEvent(trx, actorOf(resolution), {
    tenant_id,
    media_buy_id,
    revision: buy.revision,
    action: 'order_goes_on',
    detail: { summary: 'A person at the publisher let the order go on.', how: how.type },
  })
  return undefined
}

/** What a step makes, and is known by on the ad server afterwards. */
const objects: Partial<Record<string, string>> = {
  create_order: 'order',
  create_line_item: 'line_item',
  upload_creative: 'creative',
}

/**
 * True where the answer lets more than one call go on: a plan that failed as a whole, what was left to be done by hand, and a plan
 * that was old already when its step was asked about, because the order was changed since.
 */
function isToBePlannedAnew(
  { fulfilment_step_id, kind, step_revision, planned_revision }: Question,
  how: Resolution['how'],
): boolean {
  if (fulfilment_step_id === null || step_revision === null) return true
  return (how.type === 'retried' && kind === 'by_hand') || step_revision < planned_revision
}

/** A step whose last call may have arrived is looked for first. */
async function retry(trx: Trx, { fulfilment_step_id, intent_at, kind }: Question) {
  if (fulfilment_step_id === null || kind === 'by_hand') return
  await trx
    .updateTable('fulfilment_steps')
    .set({ state: intent_at === null ? 'planned' : 'intent', first_tried_at: null, attempts: 0 })
    .where('fulfilment_step_id', '=', fulfilment_step_id)
    .execute()
}

async function skip(trx: Trx, question: Question, external_ids: Record<string, string>, now: Date) {
  const { fulfilment_step_id, connection_id, media_buy_id, package_id } = question
  await trx
    .updateTable('fulfilment_steps')
    .set({ state: 'done', done_at: now, external_ids: jsonb(external_ids), last_error: null })
    .where('fulfilment_step_id', '=', fulfilment_step_id)
    .execute()
  for (const [kind, external_id] of Object.entries(external_ids))
    await trx
      .insertInto('ad_server_objects')
      .values({ kind, external_id, connection_id, media_buy_id, package_id })
      .onConflict((oc) => oc.doNothing())
      .execute()
}

/** The media buy is over and its orders are taken back; where it was over before, the person has seen to the rest. */
async function abandon(trx: Trx, actor: Actor, question: Question, buy: Buy, reason: string, now: Date) {
  const { fulfilment_id, tenant_id, media_buy_id } = question
  if (!isOver(buy.status)) {
    const to = mayMove(buy.status, 'rejected') ? 'rejected' : 'canceled'
    const move = { tenant_id, media_buy_id, now }
    await moveMediaBuy(trx, actor, { ...move, to, action: to, reason })
    return announce(trx, { ...move, [to]: reason })
  }
  await trx
    .updateTable('fulfilment_steps')
    .set({ state: 'dropped', next_at: null })
    .where('fulfilment_id', '=', fulfilment_id)
    .where('state', 'in', ['planned', 'waiting', 'needs_human'])
    .execute()
  await trx
    .updateTable('fulfilments')
    .set({ state: 'canceled', planned_revision: sql`desired_revision`, updated_at: now })
    .where('fulfilment_id', '=', fulfilment_id)
    .execute()
}

async function close(
  trx: Trx,
  resolution: Resolution,
  { workflow_step_id, tenant_id, media_buy_id }: Question,
) {
  const { how, by, now } = resolution
  const as = how.type === 'skipped' && how.external_id !== undefined ? ` as ${how.external_id}` : ''
  const why = how.type === 'abandoned' ? `: ${how.reason}` : ''
  await trx
    .updateTable('workflow_steps')
    .set({
      status: how.type === 'abandoned' ? 'rejected' : 'completed',
      decided_by: by,
      decided_at: now,
      updated_at: now,
      reason: `${how.type}${as}${why}`,
    })
    .where('workflow_step_id', '=', workflow_step_id)
    .execute()
  await tellPeople(trx, { tenant_id, kind: 'needs_human_settled', subject_id: workflow_step_id, now })
  await recordAudit(trx, actorOf(resolution), {
    tenant_id,
    action: `step_${how.type}`,
    subject_kind: 'workflow_step',
    subject_id: workflow_step_id,
    detail: { media_buy_id, ...how },
  })
}
