import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { moveMediaBuy } from '../../src/commands/move_media_buy.ts'
import { jsonb } from '../../src/db/database.ts'
import { aBanner, aSync } from '../support/creatives.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'
import { noticesAbout } from '../support/notices.ts'
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
let buyer: TestBuyer
beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
  buyer = await desk.buyer()
  await behave(desk.db, {})
})

describe('a change of an order that stands', () => {
  test('reaches the ad server: budget, dates, targeting, bid and pacing in one call', async () => {
    const id = await placed()
    const changed = {
      budget: '5500.00',
      bid_price: '6.5000',
      pacing: 'asap' as const,
      targeting_overlay: jsonb({ geo_countries: ['DE'] }),
      end_time: new Date('2027-06-30T00:00:00Z'),
    }
    await change(desk.db, id, { packages: changed })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([
      {
        order_status: 'approved',
        status: 'ready',
        body: {
          budget: '5500.00',
          bid_price: '6.5000',
          pacing: 'asap',
          targeting_overlay: { geo_countries: ['DE'] },
          end_time: '2027-06-30T00:00:00.000Z',
        },
      },
    ])
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'update_line_item'])
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', desired_revision: 2, applied_revision: 2 })
    expect(await eventsOf(id)).toEqual(['created', 'order_placed', 'order_changed'])
  })

  test('that changes nothing there makes no call and no event', async () => {
    const id = await placed()
    await change(desk.db, id, { buy: { po_number: 'PO-9' } })
    await desk.runJobs()
    expect(await callsFor(desk.db, id)).toEqual(placing)
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 2 })
    expect(await eventsOf(id)).toEqual(['created', 'order_placed'])
  })

  test('pauses the line items of a paused buy and resumes them', async () => {
    const id = await placed()
    await change(desk.db, id, { buy: { status: 'paused' } })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ status: 'paused' }])
    await change(desk.db, id, { buy: { status: 'active' } })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ status: 'ready' }])
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'pause_line_item', 'resume_line_item'])
  })

  test('stops what is canceled or paused before it adds and changes what goes on', async () => {
    const id = await placed({ packages: [item, item, item] })
    const [first, second, third] = await packagesOf(id)
    await change(desk.db, id, { packages: { budget: '10.00' }, package_id: third })
    await change(desk.db, id, { packages: { paused: true }, package_id: second })
    await change(desk.db, id, { packages: { canceled: true }, package_id: first })
    const fourth = await addPackage(id, third)
    await desk.runJobs()
    expect((await callsFor(desk.db, id)).slice(4)).toEqual([
      'cancel_line_item',
      'pause_line_item',
      'create_line_item',
      'update_line_item',
    ])
    expect(await served(desk.db, id)).toMatchObject([
      { package_id: first, status: 'canceled' },
      { package_id: second, status: 'paused' },
      { package_id: third, body: { budget: '10.00' } },
      { package_id: fourth, status: 'ready' },
    ])
    expect((await booked(desk.db, id)).orders).toBe(1)
  })

  test('that quickly follows another is sent in its place', async () => {
    const id = await placed()
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await change(desk.db, id, { packages: { budget: '2.00' } })
    await desk.runJobs()
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'update_line_item'])
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '2.00' } }])
  })

  test('that is taken back before it was sent is never sent', async () => {
    const id = await placed({}, { change: { busy: 1 } })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'changing' })
    await change(desk.db, id, { packages: { budget: '4000.00' } })
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 3 })
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'update_line_item'])
    expect((await stepsOf(desk.db, id)).map(({ state }) => state)).toEqual(['done', 'done', 'dropped'])
  })

  test('whose answer was lost is looked for, found, and not made twice', async () => {
    const id = await placed({}, { change: { lose_answers: 1 } })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await atNextTry(id)
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'update_line_item', 'read_line_item'])
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 2 })
  })

  test('is followed by the next one only when it is known whether it arrived', async () => {
    const id = await placed({}, { change: { lose_answers: 1 } })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await change(desk.db, id, { packages: { bid_price: '9.0000' } })
    await desk.runJobs()
    await atNextTry(id)
    expect((await callsFor(desk.db, id)).slice(2)).toEqual([
      'update_line_item',
      'read_line_item',
      'update_line_item',
      'read_line_item',
    ])
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00', bid_price: '9.0000' } }])
    const steps = await stepsOf(desk.db, id)
    expect(steps.at(-1)?.body).toMatchObject({ fields: { bid_price: '9.0000' } })
    expect(steps.at(-1)?.body).not.toHaveProperty('fields.budget')
  })

  test.each([
    ['busy', { busy: 2 }],
    ['asking us to slow down', { rate_limited: 2 }],
  ])('by an ad server that is %s arrives a little later', async (_what, fault) => {
    const id = await placed({}, { change: fault })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await atNextTry(id)
    await atNextTry(id)
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 2 })
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
  })

  test('that the ad server refuses is put before a person; the buy goes on as it was', async () => {
    const id = await placed({}, { change: { refuse: 'below what was delivered' } })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'needs_human' })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { title: expect.stringContaining('below what was delivered'), status: 'pending' },
    ])
    expect(await statusOf(id)).toBe('pending_creatives')
  })

  test('makes void what a person was asked about the one before, and people hear of it', async () => {
    const id = await placed({}, { change: { refuse: 'below what was delivered' } })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    await behave(desk.db, {})
    await change(desk.db, id, { packages: { budget: '3000.00' } })
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 3 })
    const asked = await askedOfPeople(desk.db, id)
    expect(asked).toMatchObject([{ status: 'canceled' }])
    expect(await noticesAbout(desk.db, asked[0]?.workflow_step_id ?? '')).toEqual([
      'needs_human',
      'needs_human_settled',
    ])
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '3000.00' } }])
  })
})

describe('a change that comes while the order is being placed', () => {
  test('before anything was sent is placed with it', async () => {
    const id = await buy(buyer, {}, desk.now)
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    expect(await callsFor(desk.db, id)).toEqual(placing)
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
  })

  test('between two line items changes the one that stands and places the other as it is wanted now', async () => {
    await behave(desk.db, { line_item_latency_ms: 600 })
    const id = await buy(buyer, { packages: [item, item] }, desk.now)
    const running = desk.runJobs()
    await eventually('the first line item', async () => (await booked(desk.db, id)).line_items === 1)
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await running
    await desk.runJobs(minutes(1))
    expect(await callsFor(desk.db, id)).toEqual([
      'create_order',
      'create_line_item',
      'create_line_item',
      'update_line_item',
    ])
    expect(await served(desk.db, id)).toMatchObject([
      { body: { budget: '1.00' } },
      { body: { budget: '1.00' } },
    ])
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 2 })
  })

  test('while it waits for approval does not wait with it', async () => {
    await behave(desk.db, { approval_ms: 3_600_000 })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'waiting' })
    await change(desk.db, id, { packages: { budget: '1.00' } })
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ body: { budget: '1.00' } }])
    expect(await fulfilment(id)).toMatchObject({ state: 'waiting' })
    await sql`update simulated.orders set approved_after = now() where reference = ${`adcp:${id}`}`.execute(
      desk.db,
    )
    await atNextTry(id)
    expect(await fulfilment(id)).toMatchObject({ state: 'placed', applied_revision: 2 })
  })
})

describe('a buy that is canceled', () => {
  test('is canceled on the ad server, once, however often the job runs', async () => {
    const id = await placed({ packages: [item, item] })
    await cancel(id)
    await desk.runJobs()
    await change(desk.db, id, {})
    await desk.runJobs()
    expect((await callsFor(desk.db, id)).slice(3)).toEqual(['cancel_order'])
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }, {}])
    expect(await fulfilment(id)).toMatchObject({ state: 'canceled' })
  })

  test('and whose cancellation got no answer is looked at again, not canceled again', async () => {
    const id = await placed({}, { change: { lose_answers: 1 } })
    await cancel(id)
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'changing' })
    await atNextTry(id)
    expect((await callsFor(desk.db, id)).slice(2)).toEqual(['cancel_order', 'read_order'])
    expect(await fulfilment(id)).toMatchObject({ state: 'canceled' })
  })

  test('while it waits for approval on the ad server is canceled there at once', async () => {
    await behave(desk.db, { approval_ms: 3_600_000 })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    await cancel(id)
    await desk.runJobs()
    expect(await served(desk.db, id)).toMatchObject([{ order_status: 'canceled' }])
    expect(await fulfilment(id)).toMatchObject({ state: 'canceled' })
  })

  test('while a person is asked about it is no question any more', async () => {
    await behave(desk.db, { needs_person: 'The rate card changed.' })
    const id = await buy(buyer, {}, desk.now)
    await desk.runJobs()
    await cancel(id)
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'canceled' })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([{ status: 'canceled' }])
    expect(await booked(desk.db, id)).toEqual({ orders: 0, line_items: 0 })
  })
})

describe('what an ad server cannot be told', () => {
  beforeEach(() => settings({ changes: ['pause'] }))
  afterEach(() => settings({}))

  test('is put before a person, with what to do and the ids it has there; the rest is told', async () => {
    const id = await placed()
    await change(desk.db, id, {
      buy: { status: 'paused' },
      packages: { budget: '1.00', bid_price: '7.0000' },
    })
    await desk.runJobs()
    const [lineItem] = (
      await desk.db
        .selectFrom('ad_server_objects')
        .select('external_id')
        .where('media_buy_id', '=', id)
        .where('kind', '=', 'line_item')
        .execute()
    ).map(({ external_id }) => external_id)
    expect((await callsFor(desk.db, id)).slice(2)).toEqual(['pause_line_item'])
    expect(await fulfilment(id)).toMatchObject({ state: 'needs_human', applied_revision: 1 })
    const [asked] = await askedOfPeople(desk.db, id)
    expect(asked?.suggested_action).toContain('In House ad server')
    expect(asked?.suggested_action).toContain(`set budget to 1.00 of line item ${lineItem}`)
    expect(asked?.suggested_action).toContain('bid_price to 7.0000')
  })

  test('about a canceled order is never dropped', async () => {
    const id = await placed()
    await cancel(id)
    await desk.runJobs()
    expect(await fulfilment(id)).toMatchObject({ state: 'needs_human' })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { suggested_action: expect.stringMatching(/cancel order \d+ by hand/), status: 'pending' },
    ])
  })
})

describe('creatives', () => {
  test('assigned with the purchase are on the line item when the order stands', async () => {
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('with_it')] }))
    const creative_assignments = [{ creative_id: 'with_it', weight: 60 }]
    const id = await placed({ package: { creative_assignments } })
    expect(await shown(id)).toEqual([{ creative_id: 'with_it', weight: 60, url: urlOf('with_it') }])
    expect(await callsFor(desk.db, id)).toEqual([...placing, 'upload_creative', 'attach_creative'])
  })

  test('assigned later reach the order that stands', async () => {
    const id = await placed()
    await assign(id, 'later')
    await desk.runJobs()
    expect(await shown(id)).toMatchObject([{ creative_id: 'later', weight: null }])
  })

  test('on two packages are uploaded once', async () => {
    const id = await placed({ packages: [item, item] })
    await assign(id, 'twice')
    await desk.runJobs()
    expect((await callsFor(desk.db, id)).slice(3)).toEqual([
      'upload_creative',
      'attach_creative',
      'attach_creative',
    ])
  })

  test('that change replace what is shown', async () => {
    const id = await placed()
    await assign(id, 'changing')
    await desk.runJobs()
    const url = 'https://cdn.acme-outdoor.example/new.png'
    const { assets, ...banner } = aBanner('changing')
    const banner_image = { asset_type: 'image', url, width: 300, height: 250 }
    await buyer.call(
      'sync_creatives',
      aSync({ creatives: [{ ...banner, assets: { ...(assets as object), banner_image } }] }),
    )
    await desk.runJobs()
    expect(await shown(id)).toEqual([{ creative_id: 'changing', weight: null, url }])
  })

  test('that are archived are taken off', async () => {
    const id = await placed()
    await assign(id, 'gone')
    await desk.runJobs()
    await change(desk.db, id, { buy: { status: 'paused' } })
    await buyer.call('sync_creatives', aSync({ creatives: [aBanner('other')], delete_missing: true }))
    await desk.runJobs()
    expect(await shown(id)).toEqual([])
  })

  test('uploaded without an answer are found and not uploaded twice', async () => {
    const id = await placed({}, { change: { lose_answers: 1 } })
    await assign(id, 'lost')
    await desk.runJobs()
    await atNextTry(id)
    await atNextTry(id)
    expect((await callsFor(desk.db, id)).slice(2)).toEqual([
      'upload_creative',
      'find_creatives',
      'attach_creative',
      'read_line_item',
    ])
    expect(await shown(id)).toMatchObject([{ creative_id: 'lost' }])
  })
})

const placing = ['create_order', 'create_line_item']
const item = {
  product_id: 'trail_display_run_of_site',
  pricing_option_id: 'cpm_eur_auction',
  budget: 4000,
  bid_price: 5,
}
const urlOf = (id: string) => `https://cdn.acme-outdoor.example/${id}.png`

async function placed(overrides: Args = {}, behaviour: Args = {}): Promise<string> {
  await behave(desk.db, behaviour)
  const id = await buy(buyer, overrides, desk.now)
  await desk.runJobs()
  expect(await fulfilment(id)).toMatchObject({ state: 'placed' })
  return id
}

async function fulfilment(id: string) {
  return (await fulfilmentsOf(desk.db, id))[0]
}

async function packagesOf(id: string): Promise<[string, string, string]> {
  const rows = await desk.db
    .selectFrom('media_packages')
    .select('package_id')
    .where('media_buy_id', '=', id)
    .orderBy('position')
    .execute()
  const [a = '', b = '', c = ''] = rows.map(({ package_id }) => package_id)
  return [a, b, c]
}

/** Another package like this one. */
async function addPackage(id: string, like: string): Promise<string> {
  const row = await desk.db
    .selectFrom('media_packages')
    .selectAll()
    .where('package_id', '=', like)
    .executeTakeFirstOrThrow()
  const package_id = `${like}_new`
  const { format_ids, context: _context, targeting_overlay: _targeting, ...rest } = row
  const values = { ...rest, package_id, position: 9, format_ids: jsonb(format_ids) }
  await desk.db.insertInto('media_packages').values(values).execute()
  await change(desk.db, id, {})
  return package_id
}

async function assign(id: string, creative_id: string): Promise<void> {
  const packages = (await packagesOf(id)).filter((one) => one !== '')
  const assignments = packages.map((package_id) => ({ creative_id, package_id }))
  const { isError, texts } = await buyer.call(
    'sync_creatives',
    aSync({ creatives: [aBanner(creative_id)], assignments }),
  )
  if (isError) throw new Error(texts.join('\n'))
}

async function settings(changed: Args): Promise<void> {
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb(changed) })
    .where('connection_id', '=', 'house')
    .execute()
}

async function shown(id: string): Promise<unknown> {
  return (await served(desk.db, id))[0]?.creatives
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

async function statusOf(id: string): Promise<string> {
  const row = await desk.db
    .selectFrom('media_buys')
    .select('status')
    .where('media_buy_id', '=', id)
    .executeTakeFirstOrThrow()
  return row.status
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

function minutes(n: number): Date {
  return new Date(desk.now.getTime() + n * 60_000)
}

/** Goes to the time the order is to be tried next and runs what is due then. */
async function atNextTry(id: string): Promise<void> {
  const next = (await stepsOf(desk.db, id)).find(({ next_at }) => next_at !== null)?.next_at
  if (!next) throw new Error('nothing is to be tried again')
  desk.now = next
  await desk.runJobs()
}
