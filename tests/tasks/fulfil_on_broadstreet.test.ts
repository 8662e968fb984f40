import { inspect } from 'node:util'
import { afterAll, describe, expect, test } from 'vitest'
import { enqueue } from '../../src/jobs.ts'
import { currentGeneration } from '../../src/queries/synced.ts'
import { heldFor, ofNetwork, onHomepage } from '../support/broadstreet/selling.ts'
import { startFakeBroadstreet } from '../support/broadstreet/server.ts'
import type { TestBuyer } from '../support/desk.ts'
import { faults, type Fault } from '../support/fault_proxy.ts'
import { member } from '../support/visitor.ts'
import { askedOfPeople, buy, everyRow, stepsOf } from '../support/orders.ts'
import { sellingDesk } from '../support/selling_desk.ts'
import { standsAsTheAdServerSays } from '../support/standings.ts'
import { adUnits, sync } from '../support/synchronisation.ts'

const broadstreet = await startFakeBroadstreet()
const it = sellingDesk(
  'broadstreet',
  { url: broadstreet.url, secret: broadstreet.token },
  {
    // the clock stands still while a test runs, and with it whatever would let calls through by the second
    settings: {
      ...ofNetwork,
      currency: 'EUR',
      advertiser_id: 302,
      calls_per_second: null,
      records_pause_ms: 0,
    },
    ad_server_config: onHomepage,
    fixed_price: '5',
  },
)
const { desk } = it
afterAll(() => broadstreet.close())

const held = (media_buy_id: string) => heldFor(broadstreet, { media_buy_id })
const purchase = (buyer: TestBuyer) => buy(buyer, { package: { bid_price: undefined } }, desk.now)

test('the clock learns how an order on Broadstreet stands, and what it delivered in all', async () => {
  const buyer = await desk.buyer()
  const id = await it.running(buyer, { package: { bid_price: undefined } })
  const campaign = () => held(id).campaigns[0]
  await standsAsTheAdServerSays({
    ...{ desk, buyer, id, lag_minutes: 60 },
    stop: (stopped) => void Object.assign(campaign() ?? {}, { paused: stopped }),
    show: (views, clicks) => {
      const day = new Date().toLocaleDateString('sv-SE', { timeZone: ofNetwork.time_zone })
      broadstreet.books.shown.push({ day, campaign_id: campaign()?.id ?? 0, views, clicks })
    },
  })
})

describe('an order on Broadstreet', () => {
  test('is bought over MCP, placed, changed and canceled, with answers lost on the way', async () => {
    const buyer = await desk.buyer()
    const id = await purchase(buyer)
    it.proxy.next(faults.lostAnswer)
    it.proxy.next(faults.garbage)
    await it.untilPlaced(id)
    expect(held(id).records).toMatchObject([{ advertiser_id: 302, paused: true }])
    // 4000 EUR at 5 EUR for a thousand
    expect(held(id).campaigns).toMatchObject([
      { paused: false, max_impression_count: 800_000, impression_max_type: 'cap', pacing_type: 'even' },
    ])

    const package_id = await it.packageOf(id)
    it.proxy.next(faults.lostAnswer, 'PUT')
    await it.change(buyer, id, { packages: [{ package_id, budget: 8000 }] })
    await it.untilPlaced(id)
    expect(held(id).campaigns).toMatchObject([{ max_impression_count: 1_600_000 }])

    for (let i = 0; i < 3; i++) it.proxy.next(faults.lostAnswer)
    await it.show(buyer, package_id)
    await it.untilPlaced(id)
    const { advertisements, placements } = held(id)
    expect(advertisements).toMatchObject([{ type: 'static', advertiser_id: 302 }])
    expect(placements.map(({ zone_id }) => zone_id)).toEqual(onHomepage.zone_ids)

    await it.change(buyer, id, { paused: true })
    expect(held(id).campaigns).toMatchObject([{ paused: true, max_impression_count: 1_600_000 }])
    await it.change(buyer, id, { paused: false })
    expect(held(id).campaigns).toMatchObject([{ paused: false }])
    await it.change(buyer, id, { canceled: true })
    expect(held(id).records).toMatchObject([{ archived: true }])
    expect(held(id).campaigns).toMatchObject([{ archived: true, paused: true }])
    expect(await it.stateOf(id)).toBe('canceled')
  })

  test.each(['lostAnswer', 'reset', 'garbage', 'unavailable'] as const)(
    'is there once when its first call met %s',
    async (fault) => {
      const id = await purchase(await desk.buyer())
      it.proxy.next(faults[fault])
      await desk.runJobs()
      expect(await stepsOf(desk.db, id)).toMatchObject([{ kind: 'create_order', state: 'intent' }, {}])
      await it.untilPlaced(id)
      expect(held(id)).toMatchObject({ records: [{}], campaigns: [{}] })
    },
  )
})

test('what Broadstreet showed in three weeks is told to the buyer, at the price that was agreed, also after the order was canceled', async () => {
  const buyer = await desk.buyer()
  const id = await purchase(buyer)
  await it.untilPlaced(id)
  const campaign_id = held(id).campaigns[0]?.id ?? 0
  const days = [19, 2].map((ago) =>
    new Date(desk.now.getTime() - ago * 86_400_000).toISOString().slice(0, 10),
  )
  for (const day of days) broadstreet.books.shown.push({ day, campaign_id, views: 1001, clicks: 4 })
  await it.readDelivery(id, new Date(desk.now.getTime() - 20 * 86_400_000))
  // 2002 impressions at 5 EUR for a thousand
  const totals = { impressions: 2002, clicks: 8, spend: 10.01 }
  const told = async () =>
    (await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })).body['media_buy_deliveries']
  expect(await told()).toMatchObject([{ status: 'active', totals }])
  await it.change(buyer, id, { canceled: true })
  expect(held(id).campaigns).toMatchObject([{ archived: true }])
  const next = (desk.now = new Date(desk.now.getTime() + 86_400_000))
  for (let part = 0; part < 4; part++) {
    await desk.db.transaction().execute((trx) => enqueue(trx, 'read_due_deliveries', {}))
    await desk.runJobs()
    desk.now = new Date(desk.now.getTime() + 10_000)
  }
  const { read_at } = await desk.db
    .selectFrom('delivery_readings')
    .select('read_at')
    .where('connection_id', '=', 'broadstreet')
    .executeTakeFirstOrThrow()
  expect(read_at?.getTime()).toBeGreaterThanOrEqual(next.getTime())
  expect(await told()).toMatchObject([{ totals }])
})

test('the publisher is told whose network the token opens, what products name that is not there, and how fresh figures are', async () => {
  const [well, doctor] = await Promise.all([it.cli('check', 'broadstreet'), it.cli('doctor')])
  expect(well).toMatch(/ok +network +Northwind \(85\)/)
  // the example publisher sells the product in three currencies
  expect(well).toMatch(/FAIL +currency +products are sold in GBP, USD, but the network takes EUR/)
  expect(well).toMatch(/ok +advertiser +House \(302\)[\s\S]*ok +trail_\S+ +can be sold/)
  expect(doctor).toMatch(/ok +figures +.*broadstreet -?\d+ min ago/)
  expect(doctor).toMatch(/ok +delivery +0 packages not served, 0 behind/)
  await it.sellOn({ zone_ids: [61, 99] })
  expect(await it.cli('check', 'broadstreet')).toMatch(/FAIL +trail_\S+ +not active in the network: 99/)
  await it.sellOn(onHomepage)
  it.proxy.next(faults.unavailable, 'GET')
  expect(await it.cli('check')).toMatch(/FAIL +network +.*503/)
})

test('what Broadstreet holds is read in the background and swapped in whole', async () => {
  for (const kind of ['network', 'ad_units', 'orders', 'line_items'] as const)
    await sync(desk, 'broadstreet', kind)
  await desk.runJobs()
  expect((await adUnits(desk.db, 'broadstreet')).map(({ id }) => id)).toEqual(['61', '62', '63'])
  const orders = await desk.db
    .selectFrom('ad_server_orders')
    .select('id')
    .where('generation', '=', currentGeneration('broadstreet', 'orders'))
    .execute()
  const records = broadstreet.books.campaigns.filter(
    ({ name, archived }) => /\[adcp:[^:]+\]$/.test(String(name)) && !archived,
  )
  expect(orders.map(({ id }) => id).sort()).toEqual(records.map(({ id }) => String(id)).sort())
  const { media_buy_id } = await desk.db
    .selectFrom('ad_server_objects')
    .select('media_buy_id')
    .where('external_id', '=', String(records[0]?.id))
    .executeTakeFirstOrThrow()
  const { html } = await (await member(desk, 'viewer')).get(`/console/northwind/media_buys/${media_buy_id}`)
  expect(html).toContain(
    `href="https://my.broadstreetads.com/networks/85/advertisers/302/campaigns/${records[0]?.id}"`,
  )
})

describe('the access token, which is part of every address', () => {
  test('reaches no row and no log line, whatever Broadstreet says and however the connection breaks', async () => {
    const said = JSON.stringify({ message: `GET /api/1/zones?access_token=${broadstreet.token} is wrong` })
    const harms: Fault[] = [
      ...[200, 302, 401, 403, 422, 429, 500].map((status): Fault => ({
        forward: false,
        answer: { status, body: said, headers: { location: `/?access_token=${broadstreet.token}` } },
      })),
      faults.reset,
      faults.lostAnswer,
    ]
    for (const harm of harms)
      for (const method of ['GET', 'POST'] as const) {
        const id = await purchase(await desk.buyer())
        it.proxy.next(harm, method)
        await desk.runJobs()
        const answer = typeof harm.answer === 'object' ? harm.answer.status : harm.answer
        if (answer === 401) expect(await askedOfPeople(desk.db, id), method).toHaveLength(1)
        it.proxy.forget()
      }
    await it.proxy.close()
    const unreachable = await purchase(await desk.buyer())
    await desk.runJobs()
    expect(await stepsOf(desk.db, unreachable)).toMatchObject([{ state: 'planned' }, {}])
    expect(it.log.text()).toContain('fulfil_media_buy')
    const everything = it.log.text() + (await everyRow(desk.db))
    expect(everything).toContain('/api/1/')
    for (const trace of [
      broadstreet.token,
      encodeURIComponent(broadstreet.token),
      'access_token=' + broadstreet.token,
    ])
      expect(everything).not.toContain(trace)
    expect(inspect(await stepsOf(desk.db, unreachable), { depth: 9 })).not.toContain('access_token')
  })
})
