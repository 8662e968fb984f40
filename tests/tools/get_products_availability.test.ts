import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const product_id = 'trail_video_premium' // EUR 32 per thousand, 70,000 a day, from the ad server 50,000 a day
const brief = 'premium video for hikers'
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = new Date('2027-01-01T08:00:00Z')
  await desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb({ inventory: { video: 50_000 } }) })
    .where('connection_id', '=', 'house')
    .execute()
  await desk.db
    .updateTable('products')
    .set({
      ad_server_config: jsonb({ inventory: 'video' }),
      approval_policy: 'auto',
      lead_days: 0,
      min_flight_days: 1,
    })
    .where('product_id', '=', product_id)
    .execute()
  await desk.db.updateTable('pricing_options').set({ min_spend_per_package: null }).execute()
  // of the other products of that ad server nothing is known, so that what is said is of one
  await desk.db
    .updateTable('products')
    .set({ delivery_type: 'non_guaranteed' })
    .where('connection_id', '=', 'house')
    .where('product_id', '<>', product_id)
    .execute()
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'house' }))
  await desk.runJobs(new Date())
  buyer = await desk.buyer()
})
beforeEach(async () => {
  desk.now = new Date('2027-01-01T08:00:00Z')
  await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
  await desk.db.deleteFrom('forecasts').execute()
  // nothing of the test before is on the ad server or on its way there
  await sql`truncate simulated.orders cascade`.execute(desk.db)
  await sql`delete from graphile_worker._private_jobs`.execute(desk.db)
  await desk.db.updateTable('tenants').set({ stale_forecast: 'ask_person' }).execute()
})

const forecast = async () => {
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'take_forecasts', { connection_id: 'house' }, desk.now))
  await desk.runJobs(desk.now)
}
const january = { start_date: '2027-01-11', end_date: '2027-01-17' }
const hold = (amount: number, days = 7) =>
  buyer.call(
    'create_media_buy',
    aPurchase(
      {
        start_time: '2027-01-11T00:00:00Z',
        end_time: `2027-01-${11 + days}T00:00:00Z`,
        packages: [
          {
            product_id,
            pricing_option_id: 'cpm_eur_fixed',
            budget: Math.ceil(amount * days * 3.2) / 100,
          },
        ],
      },
      desk.now,
    ),
  )
interface Found {
  product_id: string
  forecast?: Args & { points: { label: string; metrics: Args }[] }
}
const ask = async (args: Args) => {
  const { body } = await buyer.call('get_products', args)
  const products = body['products'] as Found[]
  return { body, product: products.find((one) => one.product_id === product_id) }
}

describe.each(['3.0', '3.1'])('a buyer of AdCP %s', (adcp_version) => {
  test('is told what is left of a product in its flight, and what that costs', async () => {
    await forecast()
    await hold(20_000)
    const { product } = await ask({ adcp_version, brief, filters: january })
    expect(product?.forecast).toEqual({
      points: [
        {
          label: '2027-01-11 to 2027-01-17',
          metrics: { impressions: { mid: 210_000 }, spend: { mid: 6720 } },
        },
      ],
      forecast_range_unit: 'availability',
      method: 'modeled',
      currency: 'EUR',
      generated_at: '2027-01-01T08:00:00.000Z',
      valid_until: '2027-01-03T08:00:00.000Z',
    })
  })
})

describe('what is left', () => {
  test('is what a package delivered evenly can have, and at most all there is on those days', async () => {
    await forecast()
    await hold(20_000, 1)
    const { product } = await ask({ brief, filters: january })
    expect(product?.forecast?.points[0]?.metrics['impressions']).toEqual({ mid: 210_000, high: 330_000 })
    expect((await hold(30_001)).body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
    expect((await hold(30_000)).isError).toBe(false)
  })

  test('is told for the next thirty days where no dates are named', async () => {
    await forecast()
    const { product } = await ask({ brief })
    expect(product?.forecast?.points).toMatchObject([
      { label: '2027-01-02 to 2027-01-31', metrics: { impressions: { mid: 1_500_000 } } },
    ])
  })

  test('is the publisher’s own limit where nobody can be asked, and called an estimate', async () => {
    const { body } = await buyer.call('get_products', { brief: 'screens', filters: january })
    const limited = (body['products'] as Found[]).flatMap(({ forecast: told }) => told ?? [])
    expect(limited.length).toBeGreaterThan(0)
    for (const told of limited) expect(told).toMatchObject({ method: 'estimate' })
  })

  test('is not part of a whole list, which buyers keep', async () => {
    await forecast()
    const { body } = await ask({ buying_mode: 'wholesale', pagination: { max_results: 100 } })
    expect((body['products'] as Found[]).filter((one) => one.forecast)).toEqual([])
  })

  test('is not told to strangers', async () => {
    await forecast()
    const answer = await fetch(`${desk.url}/mcp`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'get_products', arguments: { brief } },
      }),
    })
    expect(await answer.text()).not.toMatch(/forecast/)
  })
})

describe('a product that is sold out', () => {
  test('on a day of the flight is left out, and the buyer is told by which filter', async () => {
    await forecast()
    const excluded = ({ body }: Awaited<ReturnType<typeof ask>>) =>
      (body['filter_diagnostics'] as { excluded_by: Record<string, { count: number }> }).excluded_by[
        'end_date'
      ]?.count ?? 0
    const before = await ask({ adcp_version: '3.1', brief, filters: january })
    await hold(50_000, 1)
    const after = await ask({ adcp_version: '3.1', brief, filters: january })
    expect(before.product).toBeDefined()
    expect(after.product).toBeUndefined()
    expect(excluded(after)).toBe(excluded(before) + 1)
    const later = await ask({ brief, filters: { start_date: '2027-01-12', end_date: '2027-01-18' } })
    expect(later.product).toBeDefined()
  })

  test('for the least a buyer would spend is left out by its budget', async () => {
    await forecast()
    await hold(49_000)
    const budget_range = (min: number) => ({ ...january, budget_range: { min, currency: 'EUR' } })
    expect((await ask({ brief, filters: budget_range(224) })).product).toBeDefined()
    const { body, product } = await ask({ adcp_version: '3.1', brief, filters: budget_range(300) })
    expect(product).toBeUndefined()
    expect(body['filter_diagnostics']).toMatchObject({ excluded_by: { budget_range: {} } })
  })
})

describe('what is not known', () => {
  test.each([
    ['sell', 'sold all the same'],
    ['ask_person', 'A person at the publisher decides'],
    ['refuse', 'not sold until it is'],
  ] as const)('is said, with what the publisher does about it (%s)', async (stale_forecast, words) => {
    await desk.db.updateTable('tenants').set({ stale_forecast }).execute()
    const never = await ask({ brief })
    expect(never.body['message']).toContain(words)
    expect(never.product?.forecast).toMatchObject({ method: 'estimate' })
    await forecast()
    expect((await ask({ brief })).body['message'] ?? '').not.toContain('not known')
    desk.now = new Date('2027-01-04T08:00:00Z')
    const old = await ask({ brief })
    expect(old.body['message']).toContain(words)
    expect(old.product?.forecast).toMatchObject({ valid_until: '2027-01-03T08:00:00.000Z' })
  })

  test('is no forecast at all where it is only some of the days', async () => {
    await forecast()
    await sql`update products set daily_capacity = null where product_id = ${product_id}`.execute(desk.db)
    const { product } = await ask({ brief, filters: { start_date: '2027-03-20', end_date: '2027-04-20' } })
    expect(product).toBeDefined()
    expect(product?.forecast).toBeUndefined()
    await sql`update products set daily_capacity = 70000 where product_id = ${product_id}`.execute(desk.db)
  })
})
