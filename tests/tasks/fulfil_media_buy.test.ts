import { Logger, runOnce } from 'graphile-worker'
import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { createTasks } from '../../src/app.ts'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { readConfig } from '../../src/config.ts'
import { jsonb } from '../../src/db/database.ts'
import { quiet } from '../support/database.ts'
import { testDesk, type Args, type TestDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { askedOfPeople, behave, booked, buy, callsFor, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const desk = testDesk()
const impatient = testDesk({}, { stepDeadlineMs: 100 })
// ahead of the wall clock, so that only what a test lets become due is due
beforeEach(() => {
  for (const one of [desk, impatient])
    one.now = new Date(Math.max(one.now.getTime(), Date.now() + 86_400_000))
})
const once = { orders: 1, line_items: 1 }
const nothing = { orders: 0, line_items: 0 }

describe('an order is placed once', () => {
  test('and the buyer sees it with its number on the ad server', async () => {
    const buyer = await desk.buyer()
    const id = await bought({})
    expect(await placement(id)).toMatchObject({ state: 'placing', ad_servers: [{ state: 'placing' }] })
    await desk.runJobs()
    const [order] = await ordersOf(id)
    expect(await placement(id)).toMatchObject({ state: 'placed', ad_servers: [{ orders: [order] }] })
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'create_line_item'])
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id], include_history: 5 })
    expect(JSON.stringify(body)).toContain('order_placed')
  })

  test('however often the job runs', async () => {
    const id = await bought({})
    await duplicateJobs(id, 4)
    await desk.runJobs()
    await duplicateJobs(id, 2)
    await desk.runJobs()
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'create_line_item'])
    expect(await eventsOf(id)).toEqual(['created', 'order_placed'])
  })

  test('also when workers on two pools take the job at the same time', async () => {
    const id = await bought({ latency_ms: 400, line_item_latency_ms: 400 })
    await duplicateJobs(id, 3)
    await Promise.all([desk.runJobs(), workOff()])
    await desk.runJobs(minutes(1))
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await stateOf(id)).toBe('placed')
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'create_line_item'])
  })

  test('on every ad server its packages live on', async () => {
    const id = await bought({}, { packages: [onHouse, onHouse, onScreens] })
    await desk.runJobs()
    const found = await fulfilmentsOf(desk.db, id)
    expect(found.map(({ connection_id, state }) => [connection_id, state])).toEqual([
      ['house', 'placed'],
      ['screens', 'placed'],
    ])
    expect(await booked(desk.db, id)).toEqual({ orders: 2, line_items: 3 })
    expect(await placement(id)).toMatchObject({ state: 'placed' })
  })
})

describe('what may have arrived is looked for before it is sent again', () => {
  test('the intent is committed before the ad server is called', async () => {
    const id = await bought({ latency_ms: 1000 })
    const running = desk.runJobs()
    await eventually('the call', async () => (await callsFor(desk.db, id)).length === 1)
    expect(await stepsOf(desk.db, id)).toMatchObject([
      { kind: 'create_order', state: 'intent', attempts: 1, intent_at: desk.now, first_tried_at: desk.now },
      { kind: 'create_line_item', state: 'planned', attempts: 0, intent_at: null },
    ])
    await running
    expect(await stepsOf(desk.db, id)).toMatchObject([{ state: 'done' }, { state: 'done' }])
  })

  test('the intent is on disk before the ad server is called; the plan before it and the answer after it hold nobody up', async () => {
    await sql`create table commits (state text, waits_for_disk text);
      create function note_commit() returns trigger language plpgsql as $$ begin
        insert into commits values (new.state, current_setting('synchronous_commit')); return null; end $$;
      create constraint trigger note_commit after insert or update on fulfilment_steps
        deferrable initially deferred for each row execute function note_commit()`.execute(desk.db)
    const id = await bought({})
    const durable = new URL(desk.databaseUrl)
    durable.searchParams.set('options', '-c synchronous_commit=on')
    await workOff({ databaseUrl: durable.href })
    await sql`drop trigger note_commit on fulfilment_steps`.execute(desk.db)
    expect(await stateOf(id)).toBe('placed')
    const { rows } = await sql`select distinct state, waits_for_disk from commits order by state`.execute(
      desk.db,
    )
    expect(rows).toEqual([
      { state: 'done', waits_for_disk: 'off' },
      { state: 'intent', waits_for_disk: 'on' },
      { state: 'planned', waits_for_disk: 'off' },
    ])
  })

  test('an order whose answer was lost is found again', async () => {
    const id = await bought({ lose_answers: 1 })
    await desk.runJobs()
    expect(await stepsOf(desk.db, id)).toMatchObject([
      { state: 'intent', last_error: { code: 'no_answer' } },
      {},
    ])
    await atNextTry(id)
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'find_orders', 'create_line_item'])
    expect(await stateOf(id)).toBe('placed')
  })

  test('an order that cannot be looked for is not sent again until it can', async () => {
    const id = await bought({ lose_answers: 1 })
    await desk.runJobs()
    await sql`alter table simulated.calls rename to calls_away`.execute(desk.db)
    const pauses = []
    for (let i = 0; i < 4; i++) pauses.push(await atNextTry(id))
    await sql`alter table simulated.calls_away rename to calls`.execute(desk.db)
    expect(await stepsOf(desk.db, id)).toMatchObject([{ state: 'intent', attempts: 1 }, {}])
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b))
    expect(pauses.at(-1)).toBeGreaterThan(10_000)
    await atNextTry(id)
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await stateOf(id)).toBe('placed')
  })

  test('an order found twice is for a person to sort out', async () => {
    const id = await bought({ lose_answers: 1 })
    await desk.runJobs()
    await sql`insert into simulated.orders (network, reference, name, advertiser)
      select network, reference, name, advertiser from simulated.orders where reference = ${`adcp:${id}`}`.execute(
      desk.db,
    )
    await atNextTry(id)
    expect(await stateOf(id)).toBe('needs_human')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { title: expect.stringContaining('booked 2 times') },
    ])
  })

  test('an error in our own code loses nothing: the job fails, is tried again, and finds what it had sent', async () => {
    const id = await bought({})
    await sql`create function break_it() returns trigger language plpgsql as 'begin raise exception ''a bug''; end'`.execute(
      desk.db,
    )
    await sql`create trigger break_it before insert on ad_server_objects for each row execute function break_it()`.execute(
      desk.db,
    )
    // graphile-worker puts it off by the wall clock
    await desk.runJobs(new Date())
    await sql`drop function break_it cascade`.execute(desk.db)
    expect(await stepsOf(desk.db, id)).toMatchObject([{ state: 'intent' }, { state: 'planned' }])
    const { rows } =
      await sql`select attempts, last_error from graphile_worker.jobs where last_error is not null`.execute(
        desk.db,
      )
    expect(rows).toMatchObject([{ attempts: 1, last_error: expect.stringContaining('a bug') }])
    await desk.runJobs(minutes(1))
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await stateOf(id)).toBe('placed')
  })
})

describe('an ad server that is busy', () => {
  test('is asked again later, with pauses that grow', async () => {
    const id = await bought({ busy: 3 })
    await desk.runJobs()
    const pauses = []
    for (let i = 0; i < 3; i++) pauses.push(await atNextTry(id))
    expect(pauses).toEqual([2000, 4000, 8000])
    expect(await booked(desk.db, id)).toEqual(once)
    expect(await callsFor(desk.db, id)).not.toContain('find_orders')
    expect(await stateOf(id)).toBe('placed')
  })

  test('for a whole day is a matter for a person', async () => {
    const id = await bought({ busy: 1000 })
    await desk.runJobs()
    await atNextTry(id)
    expect(await askedOfPeople(desk.db, id)).toEqual([])
    await at(minutes(24 * 60 + 10))
    expect(await stateOf(id)).toBe('needs_human')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { status: 'pending', suggested_action: expect.stringContaining('for a day') },
    ])
    expect(await booked(desk.db, id)).toEqual(nothing)
    expect(await jobsOf(id)).toBe(0)
  })
})

describe('an order the ad server refuses', () => {
  test('is told to the buyer with the reason, and what was held for it is free again', async () => {
    const buyer = await desk.buyer()
    await behave(desk.db, { refuse: 'The category is blocked.' }, 'trail_video_premium')
    await desk.db
      .updateTable('products')
      .set({ approval_policy: 'auto' })
      .where('product_id', '=', 'trail_video_premium')
      .execute()
    const id = await bought(
      {},
      { packages: [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }] },
    )
    expect(await held(id)).toBeGreaterThan(0)
    await desk.runJobs()
    expect(await held(id)).toBe(0)
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
    expect(body).toMatchObject({
      media_buys: [
        { status: 'rejected', rejection_reason: expect.stringContaining('The category is blocked.') },
      ],
    })
    expect(await stateOf(id)).toBe('refused')
    expect(await eventsOf(id)).toEqual(['created', 'rejected'])
    expect(await booked(desk.db, id)).toEqual(nothing)
    expect(await jobsOf(id)).toBe(0)
  })

  test('at its second step leaves an order standing, which a person takes back', async () => {
    const id = await bought({ latency_ms: 600 })
    const running = desk.runJobs()
    await eventually('the order', async () => (await booked(desk.db, id)).orders === 1)
    await sql`delete from simulated.orders where reference = ${`adcp:${id}`}`.execute(desk.db)
    await running
    expect(await stateOf(id)).toBe('needs_human')
    expect(await stepsOf(desk.db, id)).toMatchObject([{ state: 'done' }, { state: 'needs_human' }])
    expect(await statusOf(id)).toBe('pending_creatives')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { suggested_action: expect.stringContaining('taken back') },
    ])
  })

  test('while another ad server may have its part already is not rejected behind that one’s back', async () => {
    const id = await bought({ lose_answers: 1 }, { packages: [onHouse, onScreens] })
    await behave(desk.db, { refuse: 'No screens left.' }, 'screens_gyms')
    await postpone(id, 'screens')
    await desk.runJobs()
    await postpone(id, 'house', 3)
    await at(minutes(60 * 24 + 1))
    expect(await states(id)).toEqual({ house: 'placing', screens: 'needs_human' })
    expect(await statusOf(id)).toBe('pending_creatives')
    await desk.runJobs(minutes(60 * 24 * 4))
    expect(await states(id)).toEqual({ house: 'placed', screens: 'needs_human' })
    await behave(desk.db, {}, 'screens_gyms')
  })

  test('is taken back on the other ad server where the publisher wants no question, and the buyer is told', async () => {
    await setRefusalPolicy('take_back')
    const id = await bought({}, { packages: [onHouse, onScreens] })
    await behave(desk.db, { refuse: 'No screens left.' }, 'screens_gyms')
    await postpone(id, 'screens')
    await desk.runJobs()
    expect(await states(id)).toEqual({ house: 'placed', screens: 'placing' })
    await at(minutes(60 * 24 + 1))
    await behave(desk.db, {}, 'screens_gyms')
    await setRefusalPolicy('ask_person')
    expect(await states(id)).toEqual({ house: 'canceled', screens: 'refused' })
    expect(await askedOfPeople(desk.db, id)).toEqual([])
    const { body } = await (await desk.buyer()).call('get_media_buys', { media_buy_ids: [id] })
    expect(body['media_buys']).toMatchObject([
      { status: 'rejected', rejection_reason: expect.stringContaining('No screens left.') },
    ])
    expect(await held(id)).toBe(0)
    expect((await callsFor(desk.db, id)).filter((call) => call === 'cancel_order')).toHaveLength(1)
  })

  test('before another ad server was asked is rejected, and that one is never asked', async () => {
    const id = await bought({}, { packages: [onHouse, onScreens] })
    await behave(desk.db, { refuse: 'No screens left.' }, 'screens_gyms')
    await postpone(id, 'house')
    await desk.runJobs()
    await behave(desk.db, {}, 'screens_gyms')
    expect(await statusOf(id)).toBe('rejected')
    await desk.runJobs(minutes(60 * 48))
    expect(await states(id)).toEqual({ house: 'canceled', screens: 'refused' })
    expect(await callsFor(desk.db, id)).toEqual(['create_order'])
  })
})

describe('an order that waits for approval on the ad server', () => {
  test('is left alone until it is time to ask, and is placed once it is approved', async () => {
    const id = await bought({ approval_ms: 3_600_000 })
    await desk.runJobs()
    expect(await stateOf(id)).toBe('waiting')
    const waiting = (await stepsOf(desk.db, id)).at(-1)
    expect(waiting).toMatchObject({ kind: 'await_approval', state: 'waiting' })
    expect(waiting?.next_at?.getTime()).toBe(desk.now.getTime() + 60_000)
    const asked = (await callsFor(desk.db, id)).length
    await desk.runJobs()
    expect(await callsFor(desk.db, id)).toHaveLength(asked)
    await sql`update simulated.orders set approved_after = now() where reference = ${`adcp:${id}`}`.execute(
      desk.db,
    )
    await atNextTry(id)
    expect(await stateOf(id)).toBe('placed')
    expect(await booked(desk.db, id)).toEqual(once)
  })

  test('for longer than a week is a matter for a person', async () => {
    const id = await bought({ approval_ms: 86_400_000 })
    await desk.runJobs()
    await at(minutes(6 * 24 * 60))
    expect(await stateOf(id)).toBe('waiting')
    await at(minutes(2 * 24 * 60))
    expect(await stateOf(id)).toBe('needs_human')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      {
        title: expect.stringContaining('keeps us waiting'),
        suggested_action: expect.stringContaining('waiting for'),
      },
    ])
    expect(await placement(id)).toMatchObject({ state: 'needs_human' })
  })
})

describe('a person is asked and nothing is sent', () => {
  test('when the ad server wants somebody to look first', async () => {
    const id = await bought({ needs_person: 'The rate card changed.' })
    await desk.runJobs()
    await desk.runJobs(minutes(60))
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { title: 'The rate card changed.', suggested_action: expect.stringContaining('try again') },
    ])
    expect(await callsFor(desk.db, id)).toEqual([])
  })

  test.each([
    ['whose secret is missing', { secret_name: 'SALESDESK_SECRET_NOWHERE' }, 'SALESDESK_SECRET_NOWHERE'],
    ['whose secret is none of ours', { secret_name: 'PATH' }, 'PATH'],
    ['of a kind we do not know', { kind: 'gam' }, 'gam'],
    ['with settings it does not understand', { settings: jsonb({ speed: 9 }) }, 'speed'],
  ])('by a connection %s', async (_what, change, named) => {
    const before = await desk.db
      .selectFrom('adapter_configs')
      .select(['secret_name', 'kind', 'settings'])
      .where('connection_id', '=', 'house')
      .executeTakeFirstOrThrow()
    const id = await bought({})
    await setHouse(change)
    await desk.runJobs()
    await setHouse({ ...before, settings: jsonb(before.settings) })
    expect(await stateOf(id)).toBe('needs_human')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { title: expect.stringContaining(named), suggested_action: expect.stringContaining('connection') },
    ])
    expect(await callsFor(desk.db, id)).toEqual([])
    expect(await jobsOf(id)).toBe(0)
  })
})

describe('a media buy that is over', () => {
  test.each(['canceled', 'rejected'] as const)(
    'because it was %s before the job ran is sent nowhere',
    async (to) => {
      const id = await bought({})
      await move(id, to)
      await desk.runJobs()
      expect(await stateOf(id)).toBe('canceled')
      expect(await callsFor(desk.db, id)).toEqual([])
      expect(await askedOfPeople(desk.db, id)).toEqual([])
    },
  )

  test('while its order is on the way is not built up further, and what is there is canceled', async () => {
    const id = await bought({ latency_ms: 800 })
    const running = desk.runJobs()
    await eventually('the call', async () => (await callsFor(desk.db, id)).length === 1)
    await move(id, 'canceled')
    await running
    expect(await booked(desk.db, id)).toEqual({ orders: 1, line_items: 0 })
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'cancel_order'])
    expect(await stateOf(id)).toBe('canceled')
    expect(await askedOfPeople(desk.db, id)).toEqual([])
  })

  test('while its last line item is on the way is not called placed', async () => {
    const id = await bought({ line_item_latency_ms: 800 })
    const running = desk.runJobs()
    await eventually('the last call', async () => (await callsFor(desk.db, id)).length === 2)
    await move(id, 'canceled')
    await running
    expect(await stateOf(id)).toBe('canceled')
    expect(await eventsOf(id)).toEqual(['created', 'canceled', 'order_canceled'])
  })

  test('after an answer was lost is looked for and canceled, not forgotten', async () => {
    const id = await bought({ lose_answers: 1 })
    await desk.runJobs()
    await move(id, 'canceled')
    await desk.runJobs(minutes(1))
    expect(await stateOf(id)).toBe('canceled')
    expect(await callsFor(desk.db, id)).toEqual(['create_order', 'find_orders', 'cancel_order'])
  })
})

test('a product changed after planning does not change what is sent', async () => {
  const id = await bought({ busy: 1 })
  await desk.runJobs()
  const planned = await stepsOf(desk.db, id)
  await behave(desk.db, { refuse: 'changed my mind' })
  await desk.db
    .updateTable('products')
    .set({ name: 'Something else' })
    .where('product_id', '=', 'trail_display_run_of_site')
    .execute()
  await atNextTry(id)
  expect((await stepsOf(desk.db, id)).map(({ body_hash, body }) => ({ body_hash, body }))).toEqual(
    planned.map(({ body_hash, body }) => ({ body_hash, body })),
  )
  expect(await stateOf(id)).toBe('placed')
})

describe('an ad server that hangs', () => {
  test('is given up after the step’s deadline; the order may be there, so it is looked for', async () => {
    const id = await bought({ hang: true }, {}, impatient)
    await impatient.runJobs()
    expect(await stepsOf(impatient.db, id)).toMatchObject([
      { state: 'intent', last_error: { code: 'no_answer' } },
      {},
    ])
    await sql`update fulfilment_steps set body = jsonb_set(body, '{simulate,hang}', 'false') where kind = 'create_order'`.execute(
      impatient.db,
    )
    await atNextTry(id, impatient)
    expect(await callsFor(impatient.db, id)).toEqual([
      'create_order',
      'find_orders',
      'create_order',
      'create_line_item',
    ])
    expect(await booked(impatient.db, id)).toEqual(once)
    expect(await stateOf(id, impatient)).toBe('placed')
  })

  test('and shows orders only after a while is not asked again before that', async () => {
    await setHouse({ settings: jsonb({ answer_lag_seconds: 30 }) }, impatient)
    const id = await bought({ hang: true }, {}, impatient)
    await impatient.runJobs()
    await sql`update fulfilment_steps set body = jsonb_set(body, '{simulate,hang}', 'false') where kind = 'create_order'`.execute(
      impatient.db,
    )
    const [sent] = await stepsOf(impatient.db, id)
    expect(sent?.next_at?.getTime()).toBe(impatient.now.getTime() + 30_000)
    // somebody runs it too early
    impatient.now = new Date(impatient.now.getTime() + 20_000)
    await impatient.runJobs(sent?.next_at ?? undefined)
    expect(await callsFor(impatient.db, id)).toEqual(['create_order', 'find_orders'])
    expect(await stepsOf(impatient.db, id)).toMatchObject([{ state: 'intent', attempts: 1 }, {}])
    await atNextTry(id, impatient)
    expect(await booked(impatient.db, id)).toEqual(once)
    expect((await callsFor(impatient.db, id)).filter((call) => call === 'create_order')).toHaveLength(2)
  })
})

const onHouse = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const onScreens = {
  product_id: 'screens_gyms',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 12,
}

async function bought(behaviour: Args, overrides: Args = {}, on: TestDesk = desk): Promise<string> {
  await behave(on.db, behaviour)
  return buy(await on.buyer(), overrides, on.now)
}

async function setRefusalPolicy(refusal_policy: 'ask_person' | 'take_back'): Promise<void> {
  await desk.db.updateTable('tenants').set({ refusal_policy }).execute()
}

function minutes(n: number): Date {
  return new Date(desk.now.getTime() + n * 60_000)
}

/** Goes to the time the order is to be tried next and runs what is due then. Returns how long that was away. */
async function atNextTry(id: string, on: TestDesk = desk): Promise<number> {
  const next = (await stepsOf(on.db, id)).find(({ state }) => state !== 'done')?.next_at
  if (!next) throw new Error('nothing is to be tried again')
  const pause = next.getTime() - on.now.getTime()
  on.now = next
  await on.runJobs()
  return pause
}

async function at(time: Date): Promise<void> {
  desk.now = time
  await desk.runJobs()
}

async function placement(id: string): Promise<unknown> {
  const { body } = await (await desk.buyer()).call('get_media_buys', { media_buy_ids: [id] })
  const [found] = body['media_buys'] as { ext: { salesdesk: { placement: unknown } } }[]
  return found?.ext.salesdesk.placement
}

async function ordersOf(id: string): Promise<string[]> {
  const { rows } = await sql<{
    order_id: string
  }>`select order_id::text from simulated.orders where reference = ${`adcp:${id}`}`.execute(desk.db)
  return rows.map(({ order_id }) => order_id)
}

async function states(id: string, on: TestDesk = desk): Promise<Record<string, string>> {
  const found = await fulfilmentsOf(on.db, id)
  return Object.fromEntries(found.map(({ connection_id, state }) => [connection_id, state]))
}
const stateOf = async (id: string, on: TestDesk = desk) => (await states(id, on))['house']

async function statusOf(id: string): Promise<string> {
  const { status } = await desk.db
    .selectFrom('media_buys')
    .select('status')
    .where('media_buy_id', '=', id)
    .executeTakeFirstOrThrow()
  return status
}

async function eventsOf(id: string): Promise<string[]> {
  const rows = await desk.db
    .selectFrom('media_buy_events')
    .select('action')
    .where('media_buy_id', '=', id)
    .orderBy('event_id')
    .execute()
  return rows.map(({ action }) => action)
}

async function held(id: string): Promise<number> {
  const rows = await desk.db
    .selectFrom('reservations as r')
    .innerJoin('media_packages as p', 'p.package_id', 'r.package_id')
    .select('r.day')
    .where('p.media_buy_id', '=', id)
    .where('r.released_at', 'is', null)
    .execute()
  return rows.length
}

async function jobsOf(id: string): Promise<number> {
  const { rows } = await sql`select from graphile_worker._private_jobs job join fulfilments f
    on job.payload ->> 'fulfilment_id' = f.fulfilment_id where f.media_buy_id = ${id}`.execute(desk.db)
  return rows.length
}

/** Works off what is due as another worker would, on a pool of its own. */
async function workOff({ databaseUrl = desk.databaseUrl } = {}): Promise<void> {
  const { pool, taskList } = createTasks({
    config: readConfig({}),
    databaseUrl,
    log: quiet,
    clock: () => desk.now,
  })
  await runOnce({ pgPool: pool, taskList, parsedCronItems: [], logger: new Logger(() => () => {}) })
  await pool.end()
}

async function duplicateJobs(id: string, times: number): Promise<void> {
  for (const { fulfilment_id } of await fulfilmentsOf(desk.db, id))
    for (let i = 0; i < times; i++)
      await sql`select graphile_worker.add_job('fulfil_media_buy', json_build_object('fulfilment_id', ${fulfilment_id}::text))`.execute(
        desk.db,
      )
}

/** Puts the job for one ad server off by a day or more. */
async function postpone(id: string, connection: string, days = 1): Promise<void> {
  await sql`update graphile_worker._private_jobs job set run_at = ${minutes(days * 24 * 60)} from fulfilments f
    where job.payload ->> 'fulfilment_id' = f.fulfilment_id and f.media_buy_id = ${id} and f.connection_id = ${connection}`.execute(
    desk.db,
  )
}

async function setHouse(change: Args, on: TestDesk = desk): Promise<void> {
  await on.db.updateTable('adapter_configs').set(change).where('connection_id', '=', 'house').execute()
}

async function move(id: string, to: 'canceled' | 'rejected'): Promise<void> {
  await desk.db.transaction().execute((trx) =>
    moveMediaBuy(
      trx,
      { kind: 'operator', name: 'test' },
      {
        tenant_id: 'northwind',
        media_buy_id: id,
        to,
        action: to,
        now: desk.now,
        reason: 'second thoughts',
      },
    ),
  )
}
