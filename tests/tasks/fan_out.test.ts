import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { resolveStep } from '../../src/commands/resolve_step.ts'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { adcpMockDesk } from '../support/adcp_mock_desk.ts'
import type { TestBuyer } from '../support/desk.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { askedOfPeople, buy, fulfilmentsOf, stepsOf } from '../support/orders.ts'

const google = await startFakeGoogle()
const mock = adcpMockDesk({}, { SALESDESK_SECRET_GAM: google.serviceAccount })
const { desk } = mock
let buyer: TestBuyer

beforeAll(async () => {
  const row = {
    connection_id: 'gam',
    tenant_id: 'northwind',
    kind: 'google_ad_manager',
    name: 'Google Ad Manager',
    secret_name: 'SALESDESK_SECRET_GAM',
    settings: jsonb({ ...google.settings, create_advertisers: true }),
  }
  await desk.db.insertInto('adapter_configs').values(row).execute()
  await desk.db
    .updateTable('products')
    .set({ connection_id: 'gam', ad_server_config: jsonb(onHomepage) })
    .where('product_id', '=', 'screens_gyms')
    .execute()
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'gam' }))
  await desk.runJobs(new Date())
})
beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due
  desk.now = new Date(Math.max(desk.now.getTime(), Date.now() + 86_400_000))
  buyer = await desk.buyer()
})
afterEach(() => setRefusalPolicy('ask_person'))
afterAll(() => google.close())

describe('a buy on Google and on the ad server of the AdCP SDK', () => {
  test('stands on both', async () => {
    const id = await boughtOnBoth()
    await untilQuiet(id)
    expect(await states(id)).toEqual({ adcp: 'placed', gam: 'placed' })
    expect(await mock.orders(id)).toEqual({ orders: 1, line_items: 1 })
    expect(ordersOnGoogle(id)).toMatchObject([{ status: 'APPROVED' }])
  })

  test('that Google refuses while the other stands is put before a person, who gives it up', async () => {
    const id = await boughtOnBoth('adcp')
    googleRefuses()
    await untilQuiet(id)
    expect(await states(id)).toEqual({ adcp: 'placed', gam: 'needs_human' })
    expect(await statusOf(id)).toBe('pending_creatives')
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { title: expect.stringContaining('TOO_LONG'), suggested_action: expect.stringContaining('abandon') },
    ])
    const how = { type: 'abandoned', reason: 'Google will not have it.' } as const
    await resolveStep(desk.db, { tenant_id: 'northwind', id, how, by: 'Dana', now: desk.now })
    await untilQuiet(id)
    expect(await statusOf(id)).toBe('rejected')
    // the other has no way to be told, so that a person ends the order there
    expect(await states(id)).toEqual({ adcp: 'needs_human', gam: 'canceled' })
    expect(await askedOfPeople(desk.db, id)).toContainEqual({
      workflow_step_id: expect.any(String),
      status: 'pending',
      title: expect.any(String),
      suggested_action: expect.stringMatching(/cancel order \S+ by hand/),
    })
  })

  test('that the other refuses while Google’s part stands is taken back from Google without a question', async () => {
    await setRefusalPolicy('take_back')
    const id = await boughtOnBoth('gam')
    expect(ordersOnGoogle(id)).toMatchObject([{ status: 'APPROVED' }])
    mock.proxy.next({ forward: false, answer: { status: 422 } })
    await untilQuiet(id)
    expect(await statusOf(id)).toBe('rejected')
    expect(await states(id)).toEqual({ adcp: 'refused', gam: 'canceled' })
    expect(ordersOnGoogle(id)).toMatchObject([{ archived: true }])
    expect(await mock.orders(id)).toEqual({ orders: 0, line_items: 0 })
    expect(await askedOfPeople(desk.db, id)).toEqual([])
  })

  test('that Google refuses is taken back from the other by a person, and the buyer is told at once', async () => {
    await setRefusalPolicy('take_back')
    const id = await boughtOnBoth('adcp')
    googleRefuses()
    await untilQuiet(id)
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id] })
    expect(body['media_buys']).toMatchObject([
      { status: 'rejected', rejection_reason: expect.stringContaining('TOO_LONG') },
    ])
    expect(await states(id)).toEqual({ adcp: 'needs_human', gam: 'refused' })
    expect(await askedOfPeople(desk.db, id)).toMatchObject([
      { status: 'pending', suggested_action: expect.stringMatching(/cancel order \S+ by hand/) },
    ])
  })
})

/** Buys on both; with a name, only that ad server has been asked so far, and its part stands. */
async function boughtOnBoth(first?: 'adcp' | 'gam'): Promise<string> {
  const packages = [
    { product_id: 'trail_display_run_of_site', pricing_option_id: 'cpm_eur_auction', budget: 4000 },
    { product_id: 'screens_gyms', pricing_option_id: 'cpm_eur_auction', budget: 4000, bid_price: 12 },
  ]
  const id = await buy(buyer, { packages }, desk.now)
  if (first === undefined) return id
  await sql`update graphile_worker._private_jobs job set run_at = ${new Date(desk.now.getTime() + 3_600_000)} from fulfilments f
    where job.payload ->> 'fulfilment_id' = f.fulfilment_id and f.media_buy_id = ${id} and f.connection_id <> ${first}`.execute(
    desk.db,
  )
  for (let i = 0; i < 5 && (await states(id))[first] !== 'placed'; i++) await pass(60_000)
  expect((await states(id))[first]).toBe('placed')
  return id
}

const googleRefuses = () =>
  google.next('createOrders', {
    carried_out: false,
    answer: [{ type: 'StringLengthError', reason: 'TOO_LONG' }],
  })

async function pass(ms: number): Promise<void> {
  desk.now = new Date(desk.now.getTime() + ms)
  await desk.runJobs()
}

/** Lets time go until nothing is to be done without a person. */
async function untilQuiet(id: string): Promise<void> {
  await pass(3_600_000)
  for (let i = 0; i < 5 && (await stepsOf(desk.db, id)).some(({ next_at }) => next_at !== null); i++)
    await pass(3_600_000)
}

async function states(id: string): Promise<Record<string, string>> {
  const found = await fulfilmentsOf(desk.db, id)
  return Object.fromEntries(found.map(({ connection_id, state }) => [connection_id, state]))
}

async function statusOf(id: string): Promise<string> {
  const row = await desk.db
    .selectFrom('media_buys')
    .select('status')
    .where('media_buy_id', '=', id)
    .executeTakeFirstOrThrow()
  return row.status
}

const ordersOnGoogle = (id: string) =>
  google.books.orders.filter(({ name }) => String(name).endsWith(`[adcp:${id}]`))

async function setRefusalPolicy(refusal_policy: 'ask_person' | 'take_back'): Promise<void> {
  await desk.db.updateTable('tenants').set({ refusal_policy }).execute()
}
