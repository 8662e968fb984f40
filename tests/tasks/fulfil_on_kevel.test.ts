import { sql } from 'kysely'
import { afterAll, describe, expect, test } from 'vitest'
import { jsonb } from '../../src/db/database.ts'
import { currentGeneration } from '../../src/queries/synced.ts'
import { faults, type Fault } from '../support/fault_proxy.ts'
import { heldFor, onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel } from '../support/kevel/server.ts'
import { askedOfPeople, buy, everyRow, stepsOf } from '../support/orders.ts'
import { sellingDesk } from '../support/selling_desk.ts'
import { standsAsTheAdServerSays } from '../support/standings.ts'
import { adUnits, sync } from '../support/synchronisation.ts'

const kevel = await startFakeKevel()
// the clock stands still while a test runs, and with it whatever would let calls through by the second
const settings = {
  network_id: 9872,
  currency: 'EUR',
  advertiser_id: 502,
  calls_per_second: null,
  timeout_ms: 1500,
}
const it = sellingDesk(
  'kevel',
  { url: kevel.url, secret: kevel.key },
  { settings, ad_server_config: onHomepage },
)
const { desk } = it
afterAll(() => kevel.close())

const held = (media_buy_id: string) => heldFor(kevel, { media_buy_id })

test('the clock learns how an order on Kevel stands; of what it delivered in all Kevel tells nothing', async () => {
  const buyer = await desk.buyer()
  const id = await it.running(buyer)
  const stop = (stopped: boolean) => void Object.assign(held(id).flights[0] ?? {}, { IsActive: !stopped })
  await standsAsTheAdServerSays({ desk, buyer, id, stop })
})

describe('an order on Kevel', () => {
  test('is bought over MCP, placed, changed and canceled, with answers lost on the way', async () => {
    const buyer = await desk.buyer()
    const id = await buy(buyer, {}, desk.now)
    it.proxy.next(faults.lostAnswer)
    it.proxy.next(faults.garbage)
    await it.untilPlaced(id)
    expect(held(id).campaigns).toMatchObject([{ AdvertiserId: 502, IsActive: true }])
    // 4000 EUR at a bid of 5 EUR for a thousand
    const goal = { GoalType: 1, RateType: 2, Price: 5, Impressions: 800_000, LifetimeCapAmount: 800_000 }
    const zones = [{ SiteId: 801, ZoneId: 901 }]
    expect(held(id).flights).toMatchObject([{ ...goal, PriorityId: 702, SiteZoneTargeting: zones }])

    const package_id = await it.packageOf(id)
    it.proxy.next(faults.lostAnswer, 'PUT')
    await it.change(buyer, id, { packages: [{ package_id, budget: 8000 }] })
    await it.untilPlaced(id)
    expect(held(id).flights).toMatchObject([{ Impressions: 1_600_000, SiteZoneTargeting: zones }])

    it.proxy.next(faults.lostAnswer)
    it.proxy.next(faults.lostAnswer)
    await it.show(buyer, package_id)
    await it.untilPlaced(id)
    const creatives = kevel.books.creatives.filter(({ Title }) => String(Title).includes(id))
    expect(creatives).toMatchObject([{ AdTypeId: 5, AdvertiserId: 502, IsHTMLJS: false }])
    expect(held(id).ads).toMatchObject([{ Creative: { Id: creatives[0]?.Id }, IsActive: true }])

    await it.change(buyer, id, { paused: true })
    expect(held(id).flights).toMatchObject([{ IsActive: false, Impressions: 1_600_000 }])
    await it.change(buyer, id, { paused: false })
    expect(held(id).flights).toMatchObject([{ IsActive: true }])
    await it.change(buyer, id, { canceled: true })
    expect(held(id).campaigns).toMatchObject([{ IsActive: false, IsArchived: true, AdvertiserId: 502 }])
    expect(await it.stateOf(id)).toBe('canceled')
  })

  test.each(['lostAnswer', 'reset', 'garbage', 'halfAnswer', 'stalledAnswer', 'unavailable'] as const)(
    'is there once when its first call met %s',
    async (fault) => {
      const id = await buy(await desk.buyer(), {}, desk.now)
      it.proxy.next(faults[fault])
      await desk.runJobs()
      expect(await stepsOf(desk.db, id)).toMatchObject([{ kind: 'create_order', state: 'intent' }, {}])
      await it.untilPlaced(id)
      expect(held(id)).toMatchObject({ campaigns: [{}], flights: [{}] })
    },
  )

  test('in a currency the network does not count in is refused, and nothing is booked', async () => {
    await countIn('USD')
    const id = await buy(await desk.buyer(), {}, desk.now)
    await desk.runJobs()
    expect(await it.stateOf(id)).toBe('refused')
    expect(held(id).campaigns).toEqual([])
    await countIn('EUR')
  })
})

test('what Kevel delivered is told to the buyer, to the cent of what Kevel counted', async () => {
  const buyer = await desk.buyer()
  const id = await buy(buyer, {}, desk.now)
  await it.untilPlaced(id)
  const flight_id = held(id).flights[0]?.Id ?? 0
  const days = [3, 2].map((ago) => new Date(desk.now.getTime() - ago * 86_400_000).toISOString().slice(0, 10))
  for (const day of days)
    kevel.books.shown.push({
      day,
      flight_id,
      impressions: 1000,
      clicks: 4,
      revenue: '5.01500000000000000001',
    })
  await it.readDelivery(id, new Date(desk.now.getTime() - 4 * 86_400_000))
  const { body } = await buyer.call('get_media_buy_delivery', { media_buy_ids: [id] })
  expect(body['media_buy_deliveries']).toMatchObject([
    { status: 'active', totals: { impressions: 2000, clicks: 8, spend: 10.03 } },
  ])
})

test('the publisher is told whether the key is taken, what products name that is not there, and how fresh figures are', async () => {
  const [well, doctor] = await Promise.all([it.cli('check', 'kevel'), it.cli('doctor')])
  expect(well).toMatch(/ok +network +Kevel takes the key/)
  // the example publisher sells the product in three currencies
  expect(well).toMatch(/FAIL +currency +products are sold in GBP, USD, but the network takes EUR/)
  expect(well).toMatch(/ok +trail_display_run_of_site +can be sold/)
  expect(doctor).toMatch(/ok +figures +.*kevel -?\d+ min ago/)
  expect(doctor).toMatch(/ok +delivery +0 packages not served, 0 behind/)
  await it.sellOn({ ...onHomepage, site_zones: [{ site_id: 801, zone_id: 999 }, { site_id: 77 }] })
  const wrong = await it.cli('check', 'kevel')
  expect(wrong).toMatch(/FAIL +trail_\S+ +not active in the network: zone 999 of site 801, site 77/)
  await it.sellOn(onHomepage)
})

test('what Kevel holds is read in the background and swapped in whole', async () => {
  const kinds = ['network', 'ad_units', 'audience_segments', 'orders', 'line_items'] as const
  for (const kind of kinds) await sync(desk, 'kevel', kind)
  await desk.runJobs()
  const ids = (await adUnits(desk.db, 'kevel')).map(({ id }) => id)
  expect(ids).toEqual(['site:801', 'site:802', 'zone:901', 'zone:902'])
  const items = await desk.db
    .selectFrom('ad_server_line_items')
    .select('id')
    .where('generation', '=', currentGeneration('kevel', 'line_items'))
    .execute()
  const live = kevel.books.flights.filter(({ IsArchived }) => !IsArchived)
  expect(items.map(({ id }) => id).sort()).toEqual(live.map(({ Id }) => String(Id)).sort())
  const { rows: segments } = await desk.pool.query(`select name, size from audience_segments order by id`)
  expect(segments).toEqual([
    { name: 'Readers of sport', size: '90000' },
    { name: 'Subscribers', size: null },
  ])
})

test('each request of a reading counts among the calls a second that Kevel allows', async () => {
  for (let Id = 811; Id < 818; Id++) kevel.books.sites.push({ Id, Title: `Site ${Id}` })
  const bySettings = (calls_per_second: number | null) =>
    desk.db
      .updateTable('adapter_configs')
      .set({ settings: sql`settings || ${jsonb({ calls_per_second })}` })
      .where('connection_id', '=', 'kevel')
      .execute()
  await bySettings(100)
  await desk.db.deleteFrom('ad_server_traffic').where('connection_id', '=', 'kevel').execute()
  const before = it.proxy.requests()
  await sync(desk, 'kevel', 'ad_units', true)
  await desk.runJobs(desk.now)
  const requests = it.proxy.requests() - before
  // three pages of sites and one of zones; before the later pages of a list the one before is read again
  expect(requests).toBe(6)
  const { next_call_at } = await desk.db
    .selectFrom('ad_server_traffic')
    .select('next_call_at')
    .where('connection_id', '=', 'kevel')
    .executeTakeFirstOrThrow()
  // a hundredth of a second each, the first as if a second had been saved up
  expect(next_call_at.getTime() - desk.now.getTime()).toBe(-990 + 10 * requests)
  await bySettings(null)
})

test('whatever Kevel says of our key reaches no row and no log line', async () => {
  const said = JSON.stringify({ message: `X-Adzerk-ApiKey: ${kevel.key} is wrong` })
  for (const status of [200, 302, 400, 403, 429, 500]) {
    const id = await buy(await desk.buyer(), {}, desk.now)
    const fault: Fault = { forward: false, answer: { status, body: said, headers: { location: kevel.url } } }
    it.proxy.next(fault)
    await desk.runJobs()
    if (status === 403) expect(await askedOfPeople(desk.db, id)).toHaveLength(1)
  }
  expect(it.log.text()).toContain('fulfil_media_buy')
  expect(it.log.text()).not.toContain(kevel.key)
  expect(await everyRow(desk.db)).not.toContain(kevel.key)
})

const countIn = (currency: string) =>
  desk.db
    .updateTable('adapter_configs')
    .set({ settings: jsonb({ base_url: it.proxy.url, ...settings, currency }) })
    .where('connection_id', '=', 'kevel')
    .execute()
