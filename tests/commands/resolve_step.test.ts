import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { resolveStep, type Resolution, type ResolutionOutcome } from '../../src/commands/resolve_step.ts'
import { jsonb } from '../../src/db/database.ts'
import { testDesk, type Args } from '../support/desk.ts'
import { noticesAbout } from '../support/notices.ts'
import { mustBeOfficialWebhook } from '../support/official_answer.ts'
import {
  askedOfPeople,
  behave,
  booked,
  buy,
  callsFor,
  change,
  fulfilmentsOf,
  served,
  stepsOf,
} from '../support/orders.ts'

const desk = testDesk()
beforeEach(() => {
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
})

describe('an order a person was asked about', () => {
  test('goes on when what was in its way is put right and it is retried', async () => {
    const id = await bought({ refuse: 'closed' }, { packages: [item, onScreens] })
    await behave(desk.db, {})
    await sql`update fulfilment_steps set body = jsonb_set(body, '{simulate,refuse}', 'null') where kind = 'create_order'`.execute(
      desk.db,
    )
    expect(await state(id)).toBe('needs_human')
    expect(await resolve(id, { type: 'retried' })).toMatchObject({ type: 'recorded', media_buy_id: id })
    await desk.runJobs()
    expect(await state(id)).toBe('placed')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'completed' }])
    expect(await eventsOf(id)).toContain('order_goes_on')
    const [asked] = await askedOfPeople(desk.db, id)
    expect(await noticesAbout(desk.db, asked?.workflow_step_id ?? '')).toEqual([
      'needs_human',
      'needs_human_settled',
    ])
    expect(await noticesAbout(desk.db, id)).toEqual(['order_outcome', 'order_outcome'])
  })

  test('and of which something may be on the ad server is looked for before it is sent again', async () => {
    const id = await bought({ lose_answers: 1 })
    await sql`insert into simulated.orders (network, reference, name, advertiser)
      select network, reference, name, advertiser from simulated.orders where reference = ${`adcp:${id}`}`.execute(
      desk.db,
    )
    await later()
    expect(await state(id)).toBe('needs_human')
    await sql`delete from simulated.orders where reference = ${`adcp:${id}`} and order_id <> (
      select min(order_id) from simulated.orders where reference = ${`adcp:${id}`})`.execute(desk.db)
    await resolve(id, { type: 'retried' })
    expect((await stepsOf(desk.db, id))[0]).toMatchObject({ state: 'intent' })
    await desk.runJobs()
    expect(await callsFor(desk.db, id)).toEqual([
      'create_order',
      'find_orders',
      'find_orders',
      'create_line_item',
    ])
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 1 })
  })

  test('goes on from what was done by hand, under the id it has on the ad server', async () => {
    const id = await bought({ needs_person: 'Book this one yourself.' })
    const [order] = (
      await sql<{ order_id: string }>`insert into simulated.orders (network, reference, name, advertiser)
      values ('house', ${`adcp:${id}`}, 'by hand', 'x') returning order_id::text`.execute(desk.db)
    ).rows
    expect(await resolve(id, { type: 'skipped' })).toEqual({ type: 'external_id_missing', object: 'order' })
    await resolve(id, { type: 'skipped', external_id: order?.order_id ?? '' })
    await desk.runJobs()
    expect(await state(id)).toBe('placed')
    expect(await served(desk.db, id)).toHaveLength(1)
    expect((await placement(id)).orders).toEqual([order?.order_id])
  })

  test('and changed by hand is not asked about again', async () => {
    await settings({ changes: [] })
    const id = await bought({})
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await resolve(id, { type: 'skipped' })
    await desk.runJobs()
    expect(await fulfilmentsOf(desk.db, id)).toMatchObject([{ state: 'placed', applied_revision: 2 }])
    await change(desk.db, id, { packages: { budget: '2.00' } })
    await desk.runJobs()
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'completed' }, { status: 'pending' }])
    await settings({})
  })

  test('that the ad server can be told by now is told when it is retried', async () => {
    await settings({ changes: [] })
    const id = await bought({})
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await settings({})
    await resolve(id, { type: 'retried' })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
    expect(await state(id)).toBe('placed')
  })

  test.each([
    ['retried', { type: 'retried' }],
    ['skipped', { type: 'skipped', external_id: '77' }],
  ] as const)('and that was changed since is %s, and ends as it is wanted now', async (_how, how) => {
    const id = await bought({ busy: 1 }, { packages: [item, item] })
    await settings({ unknown: true })
    await later()
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'pending' }])
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await settings({})
    if (how.type === 'skipped')
      await sql`insert into simulated.orders (order_id, network, reference, name, advertiser) overriding system value
        values (77, 'house', ${`adcp:${id}`}, 'by hand', 'x')`.execute(desk.db)
    await resolve(id, how)
    await later()
    expect(await served(desk.db, id)).toMatchObject([
      { body: { budget: '1.00' } },
      { body: { budget: '1.00' } },
    ])
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 2 })
    expect(await state(id)).toBe('placed')
  })

  test('is taken back when it is abandoned, and the buyer is told why', async () => {
    const id = await bought({}, { packages: [item, onScreens], push_notification_config }, 'No screens left.')
    expect(await states(id)).toEqual(['placed', 'needs_human'])
    await resolve(id, { type: 'abandoned', reason: 'We cannot run this.' })
    await desk.runJobs()
    expect(await states(id)).toEqual(['canceled', 'canceled'])
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }])
    const { body } = await (await desk.buyer()).call('get_media_buys', { media_buy_ids: [id] })
    expect(body).toMatchObject({
      media_buys: [{ status: 'rejected', rejection_reason: 'We cannot run this.' }],
    })
    expect(await toldOf(id)).toMatchObject([{ status: 'completed' }, { status: 'rejected' }])
    expect(JSON.stringify(await toldOf(id))).toContain('We cannot run this.')
  })

  test('and runs already is canceled by the seller when it is abandoned, and the buyer is told just that', async () => {
    const id = await bought({ change: { refuse: 'below what was delivered' } }, { push_notification_config })
    await change(desk.db, id, { buy: { status: 'active' }, packages: { budget: '1.00' } })
    await desk.runJobs()
    await behave(desk.db, {})
    await resolve(id, { type: 'abandoned', reason: 'The page is gone.' })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }])
    const cancellation = { canceled_by: 'seller', reason: 'The page is gone.' }
    const args = { media_buy_ids: [id], include_history: 5 }
    const { body } = await (await desk.buyer()).call('get_media_buys', args)
    expect(body).toMatchObject({ media_buys: [{ status: 'canceled', cancellation }] })
    expect(JSON.stringify(body)).toContain('"action":"canceled"')
    const [, told] = await toldOf(id)
    mustBeOfficialWebhook(told ?? {})
    expect(told).toMatchObject({
      task_type: 'create_media_buy',
      status: 'canceled',
      message: 'Canceled: "The page is gone."',
      result: { media_buy_id: id, media_buy_status: 'canceled', cancellation },
    })
  })

  test('whose buy is over already is left to the person who abandons it', async () => {
    await settings({ changes: [] })
    const id = await bought({})
    await cancel(id)
    await desk.runJobs()
    expect(await state(id)).toBe('needs_human')
    await resolve(id, { type: 'abandoned', reason: 'Canceled there by phone.' })
    await desk.runJobs()
    expect(await state(id)).toBe('canceled')
    await settings({})
  })
})

describe('a person who comes second', () => {
  test('changes nothing and is told who did what', async () => {
    const id = await bought({ needs_person: 'Look at this.' })
    await resolve(id, { type: 'skipped', external_id: '4711' }, 'Dana')
    const before = await everything(id)
    expect(await resolve(id, { type: 'abandoned', reason: 'no' }, 'Eli')).toEqual({
      type: 'already_resolved',
      media_buy_id: id,
      by: 'Dana',
      reason: 'skipped as 4711',
    })
    expect(await everything(id)).toEqual(before)
  })

  test('at the same moment is no exception', async () => {
    const id = await bought({ needs_person: 'Look at this.' })
    const outcomes = await Promise.all(
      ['Dana', 'Eli', 'Kim'].map((by) => resolve(id, { type: 'retried' }, by)),
    )
    expect(outcomes.map(({ type }) => type).sort()).toEqual([
      'already_resolved',
      'already_resolved',
      'recorded',
    ])
  })
})

test('what belongs to another publisher is as unknown as what does not exist', async () => {
  const id = await bought({ needs_person: 'Look at this.' })
  const as = { how: { type: 'retried' as const }, by: 'Mallory', now: desk.now }
  expect(await resolveStep(desk.db, { tenant_id: 'other', id, ...as })).toEqual({ type: 'not_found' })
  expect(await resolveStep(desk.db, { tenant_id: 'northwind', id: 'wf_none', ...as })).toEqual({
    type: 'not_found',
  })
  expect(await state(id)).toBe('needs_human')
})

test('a question about a whole order cannot be skipped', async () => {
  await settings({ speed: 9 })
  const id = await bought({})
  await settings({})
  expect(await resolve(id, { type: 'skipped', external_id: '1' })).toEqual({ type: 'nothing_to_skip' })
  await resolve(id, { type: 'retried' })
  await desk.runJobs()
  expect(await state(id)).toBe('placed')
})

const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const onScreens = { ...item, product_id: 'screens_gyms', bid_price: 12 }
const push_notification_config = { url: 'https://buyer.example/hook' }

/** Bought and tried once; the screens refuse their part if there is a reason. */
async function bought(behaviour: Args, overrides: Args = {}, refuse?: string): Promise<string> {
  await behave(desk.db, behaviour)
  const id = await buy(await desk.buyer(), overrides, desk.now)
  if (refuse !== undefined) {
    await behave(desk.db, { refuse }, 'screens_gyms')
    await sql`update graphile_worker._private_jobs job set run_at = ${new Date(desk.now.getTime() + 60_000)} from fulfilments f
      where job.payload ->> 'fulfilment_id' = f.fulfilment_id and f.connection_id = 'screens'`.execute(
      desk.db,
    )
  }
  if (behaviour['refuse'] !== undefined)
    await sql`update graphile_worker._private_jobs job set run_at = ${new Date(desk.now.getTime() + 60_000)} from fulfilments f
      where job.payload ->> 'fulfilment_id' = f.fulfilment_id and f.connection_id = 'house'`.execute(desk.db)
  await desk.runJobs()
  if (refuse !== undefined || behaviour['refuse'] !== undefined) await later()
  await behave(desk.db, {}, 'screens_gyms')
  return id
}

async function later() {
  desk.now = new Date(desk.now.getTime() + 120_000)
  await desk.runJobs()
}

function resolve(id: string, how: Resolution['how'], by = 'Dana'): Promise<ResolutionOutcome> {
  return resolveStep(desk.db, { tenant_id: 'northwind', id, how, by, now: desk.now })
}

async function states(id: string): Promise<string[]> {
  return (await fulfilmentsOf(desk.db, id)).map(({ state }) => state)
}
const state = async (id: string) => (await states(id))[0]

async function placement(id: string): Promise<{ orders: string[] }> {
  const { body } = await (await desk.buyer()).call('get_media_buys', { media_buy_ids: [id] })
  const [found] = body['media_buys'] as any[]
  return found.ext.salesdesk.placement.ad_servers[0]
}

async function eventsOf(id: string): Promise<string[]> {
  const rows = await desk.db
    .selectFrom('media_buy_events')
    .select('action')
    .where('media_buy_id', '=', id)
    .execute()
  return rows.map(({ action }) => action)
}

async function everything(id: string): Promise<unknown> {
  const steps = await stepsOf(desk.db, id)
  const questions = await desk.db
    .selectFrom('workflow_steps')
    .selectAll()
    .where('media_buy_id', '=', id)
    .execute()
  const { count } = await desk.db
    .selectFrom('audit_log')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return { steps, questions, count, events: await eventsOf(id), states: await states(id) }
}

async function settings(changed: Args): Promise<void> {
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb(changed) })
    .where('connection_id', '=', 'house')
    .execute()
}

async function cancel(media_buy_id: string): Promise<void> {
  const move = {
    tenant_id: 'northwind',
    media_buy_id,
    now: desk.now,
    to: 'canceled',
    action: 'canceled',
  } as const
  await desk.db.transaction().execute((trx) => moveMediaBuy(trx, { kind: 'buyer', name: 'test' }, move))
}

/** What the buyer is told of a media buy, in order. */
async function toldOf(id: string): Promise<Args[]> {
  const rows = await desk.db
    .selectFrom('webhook_events')
    .select('payload')
    .where('media_buy_id', '=', id)
    .orderBy('created_at')
    .orderBy(sql`payload::json ->> 'timestamp'`)
    .execute()
  return rows.map(({ payload }) => JSON.parse(payload) as Args)
}
