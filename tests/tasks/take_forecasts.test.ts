import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { fulfilmentsOf } from '../support/orders.ts'
import { killAll, run } from '../support/processes.ts'
import { aChange } from '../support/updates.ts'

const google = await startFakeGoogle()
const desk = testDesk({ SALESDESK_SECRET_GAM: google.serviceAccount })
const product_id = 'trail_video_premium' // EUR 32 per thousand
const other = 'screens_rail_germany'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
let buyer: TestBuyer
let morning = 0

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
    .set({
      connection_id: 'gam',
      ad_server_config: jsonb(onHomepage),
      approval_policy: 'auto',
      daily_capacity: null,
    })
    .where('product_id', 'in', [product_id, other])
    .execute()
  await desk.db.updateTable('pricing_options').set({ min_spend_per_package: null }).execute()
  await desk.db.updateTable('products').set({ available_until: null, lead_days: 0 }).execute()
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'gam' }))
  await desk.runJobs(new Date())
  buyer = await desk.buyer()
})
beforeEach(async () => {
  // ahead of the wall clock, so that only what a test lets become due is due; and each test has a week of its own
  morning = Math.ceil(Math.max(desk.now.getTime(), Date.now()) / DAY + 20) * DAY
  desk.now = new Date(morning + HOUR)
  google.books.traffic.set('2001', 10_000)
  google.books.unknown.clear()
  google.books.lineItems.length = 0
  await desk.db.updateTable('reservations').set({ released_at: desk.now }).execute()
  await desk.db.deleteFrom('forecasts').execute()
  await desk.db.updateTable('tenants').set({ stale_forecast: 'ask_person' }).execute()
})
afterEach(killAll)
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const midnight = (days: number) => new Date(morning + days * DAY)
/** A week that begins in five days. */
const week = () => ({ start_time: midnight(5).toISOString(), end_time: midnight(12).toISOString() })
/** What so many impressions a day cost in that week, in whole cents. */
const euros = (impressions: number) => Math.ceil(impressions * 22.4) / 100
const want = (impressions: number, rest: Args = {}) =>
  buyer.call(
    'create_media_buy',
    aPurchase(
      {
        ...week(),
        packages: [{ product_id, pricing_option_id: 'cpm_eur_fixed', budget: euros(impressions) }],
        ...rest,
      },
      desk.now,
    ),
  )
const bought = async (impressions: number): Promise<string> => {
  const { body, texts } = await want(impressions)
  if (typeof body['media_buy_id'] !== 'string') throw new Error(texts.join('\n'))
  return body['media_buy_id']
}
const isRefused = async (impressions: number) => {
  const { body } = await want(impressions)
  expect(body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
}
/** A minute of the worker's. */
const work = async () => {
  await desk.db.transaction().execute((trx) => enqueue(trx, 'start_due_forecasts', {}))
  await desk.runJobs(desk.now)
}
/** The forecasts a worker takes while it does not come to any order. */
const forecastOnly = async () => {
  const jobs = desk.db.$extendTables<{ 'graphile_worker._private_jobs': { run_at: Date } }>()
  const later = new Date(desk.now.getTime() + 300 * DAY)
  await jobs.updateTable('graphile_worker._private_jobs').set({ run_at: later }).execute()
  await work()
  await jobs
    .updateTable('graphile_worker._private_jobs')
    .set({ run_at: desk.now })
    .where('run_at', '=', later)
    .execute()
}
const pass = (ms: number) => void (desk.now = new Date(desk.now.getTime() + ms))
const forecastOf = (id = product_id) =>
  desk.db.selectFrom('forecasts').selectAll().where('product_id', '=', id).executeTakeFirst()
const daysOf = async (id = product_id) =>
  desk.db
    .selectFrom('forecast_days')
    .select(['day', 'available', 'capacity'])
    .where('product_id', '=', id)
    .orderBy('day')
    .execute()
const inTheWeek = async () => {
  const [first, last] = [midnight(5), midnight(11)].map((day) => day.toISOString().slice(0, 10))
  const days = (await daysOf()).filter(({ day }) => day >= (first ?? '') && day <= (last ?? ''))
  return days.map(({ available, capacity }) => [Number(available), Number(capacity)])
}
const seven = (one: number[]) => Array.from({ length: 7 }, () => one)

describe('a product that is sold on Google Ad Manager', () => {
  test('is forecast in the background for the days the publisher wants to know', async () => {
    await work()
    const days = await daysOf()
    expect(days).toHaveLength(90)
    expect(days[0]?.day).toBe(desk.now.toISOString().slice(0, 10))
    expect(new Set(days.map(({ capacity }) => capacity))).toEqual(new Set(['10000']))
    expect(google.calls.filter(({ operation }) => operation === 'getAvailabilityForecast')).toHaveLength(2)
  })

  test('is named by the doctor until its forecast is fresh', async () => {
    const doctor = async () => (await run(['doctor'], { DATABASE_URL: desk.databaseUrl })).stdout
    google.next('getAvailabilityForecast', { carried_out: false, answer: { status: 503 } })
    await work()
    expect(await doctor()).toMatch(
      /FAIL {2}forecasts +1 of 2 products have none that is fresh; (screens|trail)_\S+: .*503/,
    )
    pass(HOUR)
    await work()
    expect(await doctor()).toMatch(/ok {4}forecasts +of 2 products, all fresh/)
  })

  test('is forecast again when its forecast is old, and not before', async () => {
    await work()
    pass(5 * HOUR)
    await work()
    expect(await forecastOf()).toMatchObject({ generation: 1 })
    pass(2 * HOUR)
    await work()
    expect(await forecastOf()).toMatchObject({ generation: 2, failures: 0 })
  })

  test('is forecast again at once when it is sold from other inventory', async () => {
    await work()
    await desk.db
      .updateTable('products')
      .set({ ad_server_config: jsonb({ ...onHomepage, ad_unit_ids: ['2002'] }) })
      .where('product_id', '=', product_id)
      .execute()
    google.books.traffic.set('2002', 700)
    await work()
    expect((await inTheWeek())[0]).toEqual([700, 700])
    await desk.db
      .updateTable('products')
      .set({ ad_server_config: jsonb(onHomepage) })
      .where('product_id', '=', product_id)
      .execute()
  })

  test('is sold as far as there is some, and no further', async () => {
    await work()
    await isRefused(10_001)
    await bought(6000)
    await isRefused(4001)
    await bought(4000)
    await isRefused(1)
  })

  test('is sold no further than the publisher’s own limit, where that is stricter', async () => {
    await work()
    const limit = (daily_capacity: number | null) =>
      desk.db.updateTable('products').set({ daily_capacity }).where('product_id', '=', product_id).execute()
    await limit(3000)
    await isRefused(3001)
    await bought(3000)
    await limit(null)
  })
})

describe('what Google has left and what we have promised', () => {
  test('a buy that stands there is in its figures already, and is not taken off twice', async () => {
    await work()
    await bought(6000)
    await work()
    pass(HOUR * 7)
    await work()
    expect(await inTheWeek()).toEqual(seven([4000, 10_000]))
    await isRefused(4001)
    await bought(4000)
  })

  test('a buy that is not placed yet is in none of them, and is not forgotten', async () => {
    await work()
    await bought(6000)
    pass(HOUR * 7)
    await forecastOnly()
    expect(await inTheWeek()).toEqual(seven([10_000, 10_000]))
    await isRefused(4001)
    await bought(4000)
  })

  test('a buy placed only just now is taken off for certain until a forecast is sure to know it', async () => {
    await work()
    await bought(6000)
    await work()
    pass(MINUTE)
    await desk.db.updateTable('forecasts').set({ next_at: desk.now }).execute()
    await work()
    expect(await inTheWeek()).toEqual(seven([4000, 4000]))
    await isRefused(1)
    pass(16 * MINUTE)
    await work()
    expect(await inTheWeek()).toEqual(seven([4000, 10_000]))
    await bought(4000)
  })

  test('a buy that is canceled is free at once, and after the next forecast too', async () => {
    await work()
    const id = await bought(10_000)
    await work()
    pass(HOUR * 7)
    await work()
    expect(await inTheWeek()).toEqual(seven([0, 10_000]))
    await isRefused(1)
    await buyer.call('update_media_buy', aChange(id, { canceled: true }))
    const again = await bought(10_000)
    await work()
    pass(HOUR * 7)
    await work()
    expect(await inTheWeek()).toEqual(seven([0, 10_000]))
    expect(await fulfilmentsOf(desk.db, again)).toMatchObject([{ state: 'placed' }])
  })

  test('what somebody books there by hand is no longer ours to sell once it is forecast', async () => {
    const id = await (await work(), bought(2000))
    await work()
    const item = google.books.lineItems.at(-1)
    google.books.lineItems.push({ ...item, id: '1', externalId: 'by hand' })
    pass(HOUR * 7)
    await work()
    expect(await inTheWeek()).toEqual(seven([6000, 8000]))
    await isRefused(6001)
    await buyer.call('update_media_buy', aChange(id, { canceled: true }))
    await bought(8000)
  })

  test('a buy that grows takes only what it grows by', async () => {
    await work()
    const id = await bought(6000)
    await work()
    pass(HOUR * 7)
    await work()
    const buy = await buyer.call('get_media_buys', { media_buy_ids: [id] })
    const [{ packages = [] } = {}] = buy.body['media_buys'] as { packages?: { package_id: string }[] }[]
    const package_id = packages[0]?.package_id
    const grow = (budget: number) =>
      buyer.call('update_media_buy', aChange(id, { packages: [{ package_id, budget }] }))
    expect((await grow(euros(10_100))).body.adcp_error).toMatchObject({ code: 'PRODUCT_UNAVAILABLE' })
    expect((await grow(euros(10_000))).isError).toBe(false)
    await isRefused(1)
  })
})

describe('a forecast that does not come', () => {
  test('for want of data is asked for again an hour later', async () => {
    google.books.unknown.add('2001')
    await work()
    expect(await forecastOf()).toMatchObject({
      generation: 0,
      as_of: null,
      last_error: { code: 'nothing_yet' },
      next_at: new Date(desk.now.getTime() + HOUR),
    })
    google.books.unknown.clear()
    pass(HOUR)
    await work()
    expect(await forecastOf()).toMatchObject({ generation: 1, last_error: null })
  })

  test.each([
    ['no answer at all', { carried_out: true, answer: 'drop' }],
    ['half an answer', { carried_out: true, answer: 'truncated' }],
    ['an HTML page', { carried_out: false, answer: { status: 503 } }],
  ] as const)(
    'but %s leaves the last one standing and keeps no other product waiting',
    async (_what, fault) => {
      await work()
      const before = await inTheWeek()
      pass(HOUR * 7)
      google.next('getAvailabilityForecast', fault)
      await work()
      const generations = await Promise.all([forecastOf(), forecastOf(other)])
      expect(generations.map((one) => one?.generation).sort()).toEqual([1, 2])
      expect(generations.find((one) => one?.generation === 1)).toMatchObject({ failures: 1 })
      expect(await inTheWeek()).toEqual(before)
      pass(2 * MINUTE)
      await work()
      expect(await forecastOf()).toMatchObject({ generation: 2, failures: 0, last_error: null })
    },
  )

  test('because we asked too often is asked for when Google says', async () => {
    google.next('getAvailabilityForecast', {
      carried_out: false,
      answer: [{ type: 'ForecastError', reason: 'EXCEEDED_QUOTA' }],
    })
    await work()
    const generations = async () =>
      (await Promise.all([forecastOf(), forecastOf(other)])).map((one) => one?.generation ?? 0)
    expect(await generations()).toEqual([0, 0])
    pass(MINUTE)
    await work()
    expect(await generations()).toEqual([1, 1])
  })
})

describe('a guaranteed product of which too little is known', () => {
  const policy = (stale_forecast: 'sell' | 'ask_person' | 'refuse') =>
    desk.db.updateTable('tenants').set({ stale_forecast }).execute()

  test.each([
    ['none has come yet', async () => {}],
    ['the last one is too old', async () => (await work(), pass(49 * HOUR))],
  ])('where %s is put before a person, refused or sold, as the publisher wishes', async (_why, before) => {
    await before()
    const asked = await want(1000)
    expect(asked.body).toMatchObject({ status: 'submitted' })
    const { title } = await desk.db
      .selectFrom('workflow_steps')
      .select('title')
      .where('task_id', '=', String(asked.body['task_id']))
      .executeTakeFirstOrThrow()
    expect(title).toContain('how much is left of')
    await policy('refuse')
    const refused = await want(1000)
    expect(refused.body.adcp_error).toMatchObject({
      code: 'PRODUCT_UNAVAILABLE',
      field: 'packages[0].product_id',
    })
    expect(refused.body.adcp_error?.message).toContain('is not known at present')
    await policy('sell')
    await bought(1000)
  })

  test('beyond the days it is forecast for is a matter of that too', async () => {
    await work()
    const far = { start_time: midnight(85).toISOString(), end_time: midnight(92).toISOString() }
    expect((await want(1000, far)).body).toMatchObject({ status: 'submitted' })
    await policy('refuse')
    const message = (await want(1000, far)).body.adcp_error?.message
    expect(message).toContain(
      `on ${[90, 91].map((n) => midnight(n).toISOString().slice(0, 10)).join(', ')} is`,
    )
  })

  test('is never sold beyond what an old forecast allows', async () => {
    await policy('sell')
    await work()
    pass(49 * HOUR)
    await isRefused(10_001)
  })
})
