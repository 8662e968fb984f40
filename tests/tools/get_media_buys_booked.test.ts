import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkAdvertisers } from '../../src/cli/doctor/advertisers.ts'
import { jsonb } from '../../src/db/database.ts'
import { enqueue } from '../../src/jobs.ts'
import { seedAnotherPublisher } from '../support/another_publisher.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { startFakeGoogle } from '../support/google_ad_manager/server.ts'
import { onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { buy, fulfilmentsOf } from '../support/orders.ts'
import { connectGoogle, sync } from '../support/synchronisation.ts'
import { aChange } from '../support/updates.ts'

const google = await startFakeGoogle()
const kevel = await startFakeKevel()
const desk = testDesk({ SALESDESK_SECRET_GAM: google.serviceAccount, SALESDESK_SECRET_KEVEL: kevel.key })
afterAll(async () => {
  await google.close()
  await kevel.close()
})

// ahead of the wall clock, so that only what a test lets become due is due
const start = new Date(Date.now() + 86_400_000)
let buyer: TestBuyer
beforeAll(async () => {
  await connectGoogle(desk, google)
  const row = { connection_id: 'kevel', tenant_id: 'northwind', kind: 'kevel', name: 'Kevel' }
  const settings = jsonb({ base_url: kevel.url, network_id: 9872, currency: 'EUR', calls_per_second: null })
  await desk.db
    .insertInto('adapter_configs')
    .values({ ...row, settings, secret_name: 'SALESDESK_SECRET_KEVEL' })
    .execute()
  await desk.db
    .transaction()
    .execute((trx) => enqueue(trx, 'sync_adapter_capabilities', { connection_id: 'kevel' }))
  await desk.runJobs(new Date())
  desk.now = start
  await claim('pinnacle', { gam: '5001', kevel: '501' })
  buyer = await desk.buyer()
})
const claim = (principal_id: string, mappings: Record<string, string>) =>
  desk.db
    .updateTable('principals')
    .set({ platform_mappings: jsonb(mappings) })
    .where('principal_id', '=', principal_id)
    .execute()

async function readAll(connection_id: 'gam' | 'kevel', whole = false) {
  for (const kind of ['orders', 'line_items', 'network'] as const)
    await sync(desk, connection_id, kind, whole)
  await desk.runJobs(desk.now)
}

const midnight = Math.ceil(start.getTime() / 86_400_000) * 86_400_000
/** The flights of what is booked here are from the first to the 31st of these days. */
const day = (n: number) => new Date(midnight + (n + 90) * 86_400_000)
function networkTime(at: Date): Thing {
  const date = {
    year: String(at.getUTCFullYear()),
    month: String(at.getUTCMonth() + 1),
    day: String(at.getUTCDate()),
  }
  return { date, hour: '0', minute: '0', second: '0', timeZoneId: 'Etc/UTC' }
}

/** An order people made in Google's own pages, with line items of 100,000 impressions at 5 dollars. */
function bookOnGoogle(id: string, order: Thing = {}, ...items: Thing[]) {
  google.books.orders.push({
    ...{ id, name: `By hand ${id}`, advertiserId: '5001', traffickerId: '1', status: 'APPROVED' },
    lastModifiedDateTime: desk.now.toISOString(),
    ...order,
  })
  items.forEach((item, i) =>
    google.books.lineItems.push({
      ...{ id: `${id}0${i}`, orderId: id, name: `Line ${i}`, lineItemType: 'STANDARD', costType: 'CPM' },
      costPerUnit: { currencyCode: 'USD', microAmount: '5000000' },
      primaryGoal: { goalType: 'LIFETIME', unitType: 'IMPRESSIONS', units: '100000' },
      ...{ startDateTime: networkTime(day(1)), endDateTime: networkTime(day(31)) },
      lastModifiedDateTime: desk.now.toISOString(),
      ...item,
    }),
  )
}

interface Listed extends Args {
  media_buy_id: string
  status: string
  packages: Args[]
}
const everyStatus = [
  'pending_creatives',
  'pending_start',
  'active',
  'paused',
  'completed',
  'rejected',
  'canceled',
]
const list = async (args: Args = { status_filter: everyStatus }, as = buyer) => {
  const { body, texts } = await as.call('get_media_buys', args)
  expect(body.errors, texts.join('\n')).toBeUndefined()
  return body['media_buys'] as Listed[]
}
const idsOf = (buys: Listed[]) => buys.map(({ media_buy_id }) => media_buy_id)

describe('an order that people booked in Google Ad Manager for a buyer', () => {
  beforeAll(async () => {
    bookOnGoogle(
      '700',
      { poNumber: 'PO 42' },
      {},
      { costPerUnit: { currencyCode: 'USD', microAmount: '2500000' } },
    )
    bookOnGoogle('701', { status: 'DRAFT' }, {})
    bookOnGoogle('702', { status: 'PENDING_APPROVAL' }, {})
    bookOnGoogle('703', { advertiserId: '5002' }, {})
    await readAll('gam')
  })

  test.each(['3.0', '3.1', undefined])(
    'is among its media buys once it was read, in AdCP %s',
    async (adcp_version) => {
      const version = adcp_version === undefined ? {} : { adcp_version }
      const [listed, ...others] = await list({ status_filter: everyStatus, include_history: 3, ...version })
      expect(others).toEqual([])
      expect(listed).toMatchObject({
        media_buy_id: 'booked:gam:700',
        status: 'pending_start',
        currency: 'USD',
        total_budget: 750,
        start_time: day(1).toISOString(),
        end_time: day(31).toISOString(),
        confirmed_at: start.toISOString(),
        revision: 1,
        valid_actions: [],
        history: [],
        packages: [
          {
            package_id: 'booked:gam:700:70000',
            budget: 500,
            impressions: 100_000,
            paused: false,
            canceled: false,
            ext: { salesdesk: { name: 'Line 0', pricing_model: 'cpm', price: 5 } },
          },
          { package_id: 'booked:gam:700:70001', budget: 250 },
        ],
        ext: {
          salesdesk: {
            po_number: 'PO 42',
            placement: { state: 'placed', ad_servers: [{ name: 'Google Ad Manager', orders: ['700'] }] },
            booked: { on: 'Google Ad Manager', name: 'By hand 700', as_of: start.toISOString() },
          },
        },
      })
      expect(listed).not.toHaveProperty('account')
      expect(listed?.packages[0]).not.toHaveProperty('product_id')
      expect(listed && 'status_as_of' in listed).toBe(adcp_version !== '3.0')
    },
  )

  test('says which of what AdCP demands nobody told', async () => {
    bookOnGoogle('704')
    await readAll('gam')
    const [bare] = await list({ media_buy_ids: ['booked:gam:704'] })
    expect(bare).toMatchObject({ currency: 'USD', total_budget: 0, packages: [] })
    expect(bare?.['ext']).toMatchObject({
      salesdesk: { booked: { unknown: ['currency', 'total_budget', 'confirmed_at'] } },
    })
    google.books.orders = google.books.orders.filter(({ id }) => id !== '704')
    await readAll('gam', true)
    expect(idsOf(await list())).not.toContain('booked:gam:704')
  })

  test('begins and ends by the clock, pauses and is canceled by what people do there', async () => {
    const status = async () => (await list({ media_buy_ids: ['booked:gam:700'] }))[0]?.status
    desk.now = day(2)
    expect(await status()).toBe('active')
    expect(idsOf(await list({}))).toEqual(['booked:gam:700'])
    desk.now = day(31)
    expect(await status()).toBe('completed')
    expect(await list({})).toEqual([])
    desk.now = start
    const mine = google.books.lineItems.filter(({ orderId }) => orderId === '700')
    for (const item of mine) item['paused'] = true
    await readAll('gam', true)
    expect(await status()).toBe('paused')
    const [order] = google.books.orders
    Object.assign(order ?? {}, { status: 'CANCELED' })
    await readAll('gam', true)
    expect(await status()).toBe('canceled')
    Object.assign(order ?? {}, { status: 'APPROVED' })
    for (const item of mine) item['paused'] = false
    await readAll('gam', true)
    expect(await status()).toBe('pending_start')
  })
})

/** To a principal these tests do not look at. */
const move = (media_buy_id: string) =>
  desk.db
    .updateTable('media_buys')
    .set({ principal_id: 'brightwater_energy' })
    .where('media_buy_id', '=', media_buy_id)
    .execute()

describe('told apart from what was bought here', () => {
  let mine: string
  beforeAll(async () => {
    await desk.db
      .updateTable('products')
      .set({ connection_id: 'kevel', ad_server_config: jsonb(onHomepage) })
      .where('product_id', '=', 'trail_display_run_of_site')
      .execute()
    mine = await buy(buyer, {}, desk.now)
    await desk.runJobs(desk.now)
    expect((await fulfilmentsOf(desk.db, mine))[0]?.state).toBe('placed')
    await readAll('kevel')
  })

  test('our order is listed once, also when somebody took our key from its name', async () => {
    expect(idsOf(await list())).toEqual([mine, 'booked:gam:700'])
    const [campaign] = kevel.books.campaigns
    Object.assign(campaign ?? {}, { Name: 'Renamed' })
    await readAll('kevel')
    const { external_key } = await desk.db
      .selectFrom('ad_server_orders')
      .select('external_key')
      .where('name', '=', 'Renamed')
      .executeTakeFirstOrThrow()
    expect(external_key).toBeNull()
    expect(idsOf(await list())).toEqual([mine, 'booked:gam:700'])
  })

  test('what people booked on Kevel is there, with what Kevel does not say left out', async () => {
    const flight = kevel.books.flights[0]
    kevel.books.campaigns.push({ Id: 99001, Name: 'Spring', AdvertiserId: 501, IsActive: true })
    const hers = {
      Id: 99101,
      CampaignId: 99001,
      Name: 'All sites',
      RateType: 1,
      GoalType: 2,
      Price: 900,
      IsActive: false,
    }
    kevel.books.flights.push({ ...flight, ...hers, EndDateISO: null })
    await readAll('kevel')
    const [listed] = await list({ media_buy_ids: ['booked:kevel:99001'], include_snapshot: true })
    expect(listed).toMatchObject({
      status: 'paused',
      currency: 'EUR',
      total_budget: 900,
      packages: [
        {
          package_id: 'booked:kevel:99001:99101',
          paused: true,
          budget: 900,
          snapshot_unavailable_reason: 'SNAPSHOT_UNSUPPORTED',
          ext: { salesdesk: { pricing_model: 'flat_rate' } },
        },
      ],
    })
    for (const field of ['impressions', 'end_time']) expect(listed?.packages[0]).not.toHaveProperty(field)
    expect(listed).not.toHaveProperty('end_time')
  })

  test('an order for an account that is an advertiser itself is booked for that one', async () => {
    const advertiser = (mappings: Record<string, string>) =>
      desk.db
        .updateTable('accounts')
        .set({ platform_mappings: jsonb(mappings) })
        .where('account_id', '=', 'acc_lumen_pinnacle')
        .execute()
    await advertiser({ kevel: '502' })
    const id = await buy(buyer, { account: { account_id: 'acc_lumen_pinnacle' } }, desk.now)
    await desk.runJobs(desk.now)
    const campaign = kevel.books.campaigns.find(({ Name }) => String(Name).endsWith(`[adcp:${id}]`))
    expect(campaign).toMatchObject({ AdvertiserId: 502 })
    await advertiser({})
    await move(id)
  })

  test('both kinds come in one order, each once, whatever the size of a page and whatever is read meanwhile', async () => {
    const newest = await buy(buyer, {}, desk.now)
    const bornAt = (id: string, at: Date) =>
      desk.db.updateTable('media_buys').set({ created_at: at }).where('media_buy_id', '=', id).execute()
    await bornAt(newest, new Date(start.getTime() + 1))
    await bornAt(mine, start)
    for (const max_results of [1, 2, 3, 50]) {
      const seen: string[] = []
      for (let cursor: string | undefined; ;) {
        const pagination = { max_results, ...(cursor && { cursor }) }
        const { body } = await buyer.call('get_media_buys', { status_filter: everyStatus, pagination })
        seen.push(...idsOf(body['media_buys'] as Listed[]))
        cursor = (body['pagination'] as { cursor?: string }).cursor
        if (cursor === undefined || seen.length > 9) break
        if (max_results === 2) await readAll('gam', true)
      }
      expect(seen).toEqual([newest, mine, 'booked:kevel:99001', 'booked:gam:700'])
    }
  })
})

describe('what people booked', () => {
  const booked = 'booked:gam:700'
  const account = { account_id: 'acc_acme_pinnacle' }

  test('tells what it delivered so far where its ad server does, at the price agreed there', async () => {
    const [item] = google.books.lineItems.filter(({ orderId }) => orderId === '700')
    const stats = { impressionsDelivered: '12345', clicksDelivered: '67' }
    Object.assign(item ?? {}, { stats })
    await readAll('gam', true)
    const [listed] = await list({ media_buy_ids: [booked], include_snapshot: true })
    expect(listed?.packages).toMatchObject([
      {
        snapshot: {
          as_of: start.toISOString(),
          staleness_seconds: 0,
          impressions: 12_345,
          clicks: 67,
          spend: 61.725,
        },
      },
      { snapshot_unavailable_reason: 'SNAPSHOT_UNSUPPORTED' },
    ])
  })

  test('is told in part where it is too long for an answer, and says so', async () => {
    const many = Array.from({ length: 300 }, (_, i) => ({
      id: String(705_000 + i),
      name: 'Word '.repeat(20),
    }))
    bookOnGoogle('705', {}, ...many)
    await readAll('gam', true)
    const [listed] = await list({ media_buy_ids: ['booked:gam:705'], include_snapshot: true })
    const told = listed?.packages.length ?? 0
    expect(told).toBeGreaterThan(20)
    expect(listed).toMatchObject({
      total_budget: 150_000,
      ext: { salesdesk: { booked: { packages_left_out: 300 - told } } },
    })
    expect(JSON.stringify(listed).length).toBeLessThan(23_000)
    google.books.orders.pop()
    google.books.lineItems.splice(-300)
    await readAll('gam', true)
  })

  test('is not changed or reported on here, and its buyer is told what to do', async () => {
    const change = await buyer.call('update_media_buy', aChange(booked, { account, paused: true }))
    expect(change.body.adcp_error).toMatchObject({
      code: 'UNSUPPORTED_FEATURE',
      field: 'media_buy_id',
      message: expect.stringContaining('order 700 on Google Ad Manager'),
      suggestion: expect.stringContaining('Ask the publisher'),
    })
    const report = await buyer.call('get_media_buy_delivery', { media_buy_ids: [booked] })
    expect(report.body.adcp_error).toMatchObject({
      code: 'UNSUPPORTED_FEATURE',
      field: 'media_buy_ids[0]',
      suggestion: expect.stringContaining('include_snapshot'),
    })
    const mine = idsOf(await list())[0] ?? ''
    const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [mine, booked] })
    expect(body['media_buy_deliveries']).toMatchObject([{ media_buy_id: mine }])
    expect(body.errors).toMatchObject([{ code: 'UNSUPPORTED_FEATURE', field: 'media_buy_ids[1]' }])
    const measurement_period = { start: day(1).toISOString(), end: day(2).toISOString() }
    const feedback = {
      idempotency_key: 'feedback-on-what-was-booked',
      media_buy_id: booked,
      measurement_period,
    }
    const judged = await buyer.call('provide_performance_feedback', { ...feedback, performance_index: 1 })
    expect(judged.body.adcp_error).toMatchObject({ code: 'UNSUPPORTED_FEATURE' })
  })

  test('is not there for another buyer, another publisher or a sandbox, whatever they claim', async () => {
    await seedAnotherPublisher(desk.db)
    await claim('south_agency', { gam: '5001', kevel: '501' })
    await claim('sandbox_agent', { gam: '5001' })
    for (const principal of ['acme_direct', 'south_agency', 'sandbox_agent']) {
      const stranger = await desk.buyer(principal)
      expect(await list(undefined, stranger), principal).toEqual([])
      const unknown = 'booked:gam:nothing'
      for (const tool of ['get_media_buys', 'get_media_buy_delivery']) {
        const [theirs, nobodys] = await Promise.all(
          [booked, unknown].map((id) => stranger.call(tool, { media_buy_ids: [id] })),
        )
        expect(theirs?.body.adcp_error?.code).toBe('MEDIA_BUY_NOT_FOUND')
        expect(theirs).toEqual(nobodys)
      }
    }
    expect(idsOf(await list())).toContain(booked)
  })

  test('for an advertiser that two buyers claim is nobody’s, until it is the one of an account', async () => {
    const other = await desk.buyer('acme_direct')
    await claim('acme_direct', { gam: '5001' })
    expect(idsOf(await list())).not.toContain(booked)
    expect(await list(undefined, other)).toEqual([])
    expect((await checkAdvertisers(desk.db)).text).toMatch(
      /5001 of gam is claimed by acme_direct and pinnacle: none/,
    )

    await desk.db
      .updateTable('accounts')
      .set({ platform_mappings: jsonb({ gam: '5001' }) })
      .where('account_id', '=', account.account_id)
      .execute()
    const [listed] = await list({ media_buy_ids: [booked], account })
    expect(listed).toMatchObject({ account: { account_id: 'acc_acme_pinnacle', status: 'active' } })
    const lumen = { account_id: 'acc_lumen_pinnacle' }
    expect(await list({ media_buy_ids: [booked], account: lumen })).toEqual([])
    expect(await list(undefined, other)).toEqual([])
    expect((await checkAdvertisers(desk.db)).text).toMatch(/each is one/)
  })
})

test('an account that is an advertiser is not joined by a stranger that names its brand', async () => {
  const nature = { brand: { domain: 'shared.example' }, operator: 'pinnacle-agency.example' }
  const account_id = 'acc_shared'
  await desk.db
    .insertInto('accounts')
    .values({
      ...{ account_id, tenant_id: 'northwind', name: 'Shared', brand_domain: 'shared.example' },
      operator: nature.operator,
      platform_mappings: jsonb({ kevel: '501' }),
    })
    .execute()
  const stranger = await desk.buyer('acme_direct')
  const { body } = await stranger.call('sync_accounts', {
    idempotency_key: 'joining-what-is-not-mine',
    accounts: [{ ...nature, billing: 'operator' }],
  })
  expect(body['accounts']).toMatchObject([{ action: 'failed', errors: [{ code: 'ACCOUNT_NOT_FOUND' }] }])
  const bought = await stranger.call('create_media_buy', { ...aPurchase({ account: nature }, desk.now) })
  expect(bought.body.adcp_error?.code).toBe('ACCOUNT_NOT_FOUND')
  expect(await list(undefined, stranger)).toEqual([])
})
