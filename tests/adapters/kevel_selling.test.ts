import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ApprovedBuy,
  ApprovedPackage,
  Change,
  DoneStep,
  PlannedStep,
} from '../../src/adapters/adapter.ts'
import { faults, startFaultProxy, type FaultProxy } from '../support/fault_proxy.ts'
import { connectTo, heldFor, onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel, type FakeKevel } from '../support/kevel/server.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { call, expectNoSecret, rejection, thrown } from './conformance.ts'
import { carryOut as carryOutAll } from './conformance/steps.ts'

let kevel: FakeKevel
let proxy: FaultProxy
beforeAll(async () => {
  kevel = await startFakeKevel()
  proxy = await startFaultProxy(kevel.url)
})
afterAll(async () => {
  await proxy.close()
  await kevel.close()
})

const connect = (settings: Record<string, unknown> = {}) => connectTo(proxy.url, kevel.key, settings)
const aBuy = (overrides: Partial<ApprovedPackage> = {}, buy: Partial<ApprovedBuy> = {}): ApprovedBuy => ({
  ...approvedBuy([approvedPackage({ ad_server_config: onHomepage, price: '5.0000', ...overrides })]),
  advertiser_id: '501',
  ...buy,
})
const planned = (buy: ApprovedBuy) => connect().planFulfilment(buy)
const flightIn = (buy: ApprovedBuy) => planned(buy)[1]?.body['flight'] as Record<string, unknown>
const refusal = (overrides: Partial<ApprovedPackage>) => thrown(() => planned(aBuy(overrides)))

describe('what a package becomes on Kevel', () => {
  test('impressions sold by CPM are a goal with a cap as high, and never more than the budget pays for', () => {
    expect(flightIn(aBuy({ budget: '1250.50', price: '35.0000' }))).toMatchObject({
      GoalType: 1,
      RateType: 2,
      Price: 35,
      Impressions: 35_728,
      CapType: 1,
      LifetimeCapAmount: 35_728,
      PriorityId: 702,
      StartDateISO: '2027-03-01T00:00:00.000Z',
      EndDateISO: '2027-03-31T23:59:59.000Z',
    })
  })

  test('clicks sold by CPC are a goal of clicks', () => {
    const bought = { pricing_model: 'cpc' as const, budget: '100.00', price: '0.35' }
    expect(flightIn(aBuy(bought))).toMatchObject({ GoalType: 3, RateType: 3, CapType: 2, Impressions: 285 })
  })

  test('fewer impressions agreed than the budget pays for are all it may show', () => {
    expect(flightIn(aBuy({ impressions: 9000 }))).toMatchObject({
      Impressions: 9000,
      LifetimeCapAmount: 9000,
    })
  })

  test('a bid is what is paid', () => {
    expect(flightIn(aBuy({ bid_price: '4.00', price: '3.00', budget: '40.00' }))).toMatchObject({
      Price: 4,
      Impressions: 10_000,
    })
  })

  test('regions replace the countries they lie in, because Kevel adds places up', () => {
    const targeting_overlay = {
      geo_countries: ['US'],
      geo_regions: ['US-CA', 'US-NY'],
      geo_countries_exclude: ['DE'],
    }
    expect(flightIn(aBuy({ targeting_overlay }))['GeoTargeting']).toEqual([
      { CountryCode: 'US', Region: 'CA', IsExclude: false },
      { CountryCode: 'US', Region: 'NY', IsExclude: false },
      { CountryCode: 'DE', IsExclude: true },
    ])
  })

  test('keywords are lines of which one must match, and none of the negative ones', () => {
    const exact = (keyword: string) => ({ keyword, match_type: 'exact' })
    const targeting_overlay = {
      keyword_targets: [exact('tent'), exact('trail shoes')],
      negative_keywords: [exact('high heels')],
    }
    expect(flightIn(aBuy({ targeting_overlay }))['Keywords']).toBe('tent\ntrail shoes\n!high heels')
  })

  test.each([
    [{ suppress: { interval: 2, unit: 'hours' } }, [1, 2, 1]],
    [{ suppress: { interval: 180, unit: 'seconds' } }, [1, 3, 3]],
    [{ suppress_minutes: 60 }, [1, 60, 3]],
    [{ max_impressions: 3, per: 'devices', window: { interval: 7, unit: 'days' } }, [3, 7, 2]],
  ])('a frequency cap %j is one of its own', (frequency_cap, [FreqCap, FreqCapDuration, FreqCapType]) => {
    const flight = flightIn(aBuy({ targeting_overlay: { frequency_cap } }))
    expect(flight).toMatchObject({ IsFreqCap: true, FreqCap, FreqCapDuration, FreqCapType })
  })

  test.each([
    ['geo_regions', { geo_regions: ['DE-BY'] }],
    ['geo_regions', { geo_countries: ['DE'], geo_regions: ['US-CA'] }],
    ['keyword_targets.0.match_type', { keyword_targets: [{ keyword: 'tent', match_type: 'broad' }] }],
    ['keyword_targets.0.keyword', { keyword_targets: [{ keyword: 'tent, shoes', match_type: 'exact' }] }],
    ['bid_price', { keyword_targets: [{ keyword: 'tent', match_type: 'exact', bid_price: 1 }] }],
    ['frequency_cap', { frequency_cap: { suppress: { interval: 200, unit: 'days' } } }],
    ['frequency_cap', { frequency_cap: { suppress: { interval: 30, unit: 'seconds' } } }],
    ['frequency_cap', { frequency_cap: { suppress: { interval: 1, unit: 'campaign' } } }],
    ['frequency_cap', { frequency_cap: { max_impressions: 3 } }],
    ['frequency_cap', { frequency_cap: { max_impressions: 3, per: 'households', window: { interval: 1, unit: 'days' } } }],
    ['frequency_cap', { frequency_cap: { max_impressions: 3, window: { interval: 1, unit: 'days' }, suppress_minutes: 5 } }],
  ])('targeting by %s in a form it has not is refused by name: %j', (name, targeting_overlay) => {
    expect(refusal({ targeting_overlay })).toMatchObject({
      class: 'permanent',
      message: expect.stringContaining(name),
    })
  }) // prettier-ignore

  test.each([
    ['budget', { budget: '0.001' }],
    ['budget', { budget: '99999999.00', price: '0.0100' }],
    ['price', { price: null }],
    ['price', { price: '0.00000000000012345678' }],
  ])('a %s it cannot hold is refused: %j', (name, overrides) => {
    expect(refusal(overrides)).toMatchObject({ class: 'permanent', message: expect.stringContaining(name) })
  })

  test('a product without its priority, a connection without its currency or key are ours to put right', () => {
    expect(refusal({ ad_server_config: {} })).toMatchObject({ class: 'config' })
    expect(thrown(() => connect({ currency: undefined }))).toMatchObject({ class: 'config' })
    expect(thrown(() => connectTo(proxy.url, ''))).toMatchObject({ class: 'config' })
  })

  test('an order is for the advertiser of the buy, else for that of the connection, else for a person to say', () => {
    const nobody = aBuy({}, { advertiser_id: null })
    const [order] = connect({ advertiser_id: 502 }).planFulfilment(nobody)
    expect(order?.body).toMatchObject({ campaign: { AdvertiserId: 502 } })
    for (const advertiser_id of [null, 'adv_volta'])
      expect(thrown(() => planned({ ...nobody, advertiser_id }))).toMatchObject({ class: 'needs_human' })
  })

  test('a name longer than Kevel takes loses its end, never our key', async () => {
    const buy = aBuy({ product_name: 'x'.repeat(400) }, { name: 'y'.repeat(400), po_number: 'PO-9' })
    await place(buy)
    expect(heldFor(kevel, buy)).toMatchObject({ campaigns: [{}], flights: [{}] })
  })
})

describe('an order that stands on Kevel', () => {
  test('is changed without touching what a person set there, and nothing is written that stands already', async () => {
    const buy = aBuy({ targeting_overlay: { geo_countries: ['US'] } })
    const done = await place(buy)
    const { flights } = heldFor(kevel, buy)
    Object.assign(flights[0] ?? {}, { DailyCapAmount: 500 })
    const { package_id = '' } = buy.packages[0] ?? {}
    const end_time = '2027-04-15T22:00:00.000Z'
    const update = change(buy, {
      kind: 'update_line_item',
      package_id,
      fields: { end_time, budget: '2000.00', impressions: 400_000 },
    })
    expect(update.body).toEqual({
      flight: { EndDateISO: end_time, Impressions: 400_000, LifetimeCapAmount: 400_000 },
    })
    expect(await connect().reconcileStep(update, done, call())).toEqual({ found: 'none' })
    await carryOut(update, done)
    expect(flights[0]).toMatchObject({
      EndDateISO: '2027-04-15T22:00:00.0000000',
      Impressions: 400_000,
      DailyCapAmount: 500,
      GeoTargeting: [{ CountryCode: 'US' }],
      SiteZoneTargeting: [{ ZoneId: 901 }],
    })
    expect(await connect().reconcileStep(update, done, call())).toEqual({ found: 'match', external_ids: {} })
    proxy.next({ forward: false, answer: { status: 500 } }, 'PUT')
    await carryOut(update, done)
    proxy.forget()
  })

  test('shows a creative, stops showing it, and shows it again as the same ad', async () => {
    const creative = aCreative()
    const buy = aBuy({ creatives: [creative] })
    const { package_id = '' } = buy.packages[0] ?? {}
    const done = await place(buy)
    const upload = change(buy, { kind: 'upload_creative', creative })
    const withCreative = [...done, ...(await carryOut(upload, done))]
    const ref = { creative_id: creative.creative_id, version: creative.version, weight: null }
    const attach = change(buy, { kind: 'attach_creative', package_id, creative: ref })
    const detach = change(buy, { kind: 'detach_creative', package_id, creative: ref })
    for (const [step, IsActive] of [[attach, true], [detach, false], [attach, true]] as const) {
      expect(await connect().reconcileStep(step, withCreative, call())).toEqual({ found: 'none' })
      await carryOut(step, withCreative)
      expect(heldFor(kevel, buy).ads).toMatchObject([{ IsActive }])
      expect(await connect().reconcileStep(step, withCreative, call())).toMatchObject({ found: 'match' })
    }
  }) // prettier-ignore

  test('finds a creative whose answer was lost among all those of its advertiser', async () => {
    const creative = aCreative()
    const buy = aBuy({ creatives: [creative] })
    const done = await place(buy)
    for (let i = 0; i < 7; i++) await carryOut(change(buy, { kind: 'upload_creative', creative: aCreative() }), done)
    const upload = change(buy, { kind: 'upload_creative', creative })
    proxy.next(faults.lostAnswer)
    expect(await rejection(connect().executeStep(upload, done, call()))).toMatchObject({ class: 'ambiguous' })
    const titled = kevel.books.creatives.filter(({ Title }) => String(Title).endsWith(`[${upload.external_key}]`))
    expect(await connect().reconcileStep(upload, done, call())).toEqual({
      found: 'match',
      external_ids: { creative: String(titled[0]?.Id) },
    })
    expect(titled).toHaveLength(1)
  }) // prettier-ignore

  test('that was booked twice by somebody is a conflict', async () => {
    const buy = aBuy()
    const [order] = planned(buy)
    if (!order) throw new Error('there is no plan')
    await carryOut(order, [])
    await carryOut(order, [])
    expect(await connect().reconcileStep(order, [], call())).toMatchObject({ found: 'conflict' })
  })

  test.each([
    ['another size', { width: 970, height: 250 }],
    ['no click address', { click: null }],
    ['no image', { asset_type: 'vast' }],
  ])('takes no creative with %s', (_, assets) => {
    const creative = aCreative(assets)
    const buy = aBuy({ creatives: [creative] })
    expect(thrown(() => change(buy, { kind: 'upload_creative', creative }))).toMatchObject({
      class: 'permanent',
      message: expect.stringContaining(creative.creative_id),
    })
  })
})

describe('an answer of Kevel’s', () => {
  test.each([
    [302, 'config'],
    [400, 'permanent'],
    [401, 'config'],
    [403, 'config'],
    [404, 'permanent'],
    [500, 'ambiguous'],
    [503, 'ambiguous'],
  ])('of %i to a write is %s, and says nothing of the key even when Kevel does', async (status, expected) => {
    const [order] = planned(aBuy())
    if (!order) throw new Error('there is no plan')
    const headers = { location: 'http://127.0.0.1:1/' }
    const body = JSON.stringify({ message: `the key ${kevel.key} is not to be shown` })
    proxy.next({ forward: false, answer: { status, headers, body } })
    const error = await rejection(connect().executeStep(order, [], call()))
    expect(error).toMatchObject({ class: expected })
    expectNoSecret(error, kevel.key)
  })

  test.each(['reset', 'garbage', 'unavailable'] as const)(
    'that is %s to a search changes nothing, although a search is a POST',
    async (fault) => {
      const [order] = planned(aBuy())
      if (!order) throw new Error('there is no plan')
      proxy.next(faults[fault])
      const error = await rejection(connect().reconcileStep(order, [], call()))
      expect(error).toMatchObject({ class: 'transient' })
    },
  )

  test('that does not come in time is given up, and an address where nobody is was sent nothing', async () => {
    const [order] = planned(aBuy())
    if (!order) throw new Error('there is no plan')
    proxy.next(faults.silence)
    const late = connect({ timeout_ms: 50 }).executeStep(order, [], call())
    expect(await rejection(late)).toMatchObject({ class: 'ambiguous' })
    const gone = await startFaultProxy(kevel.url)
    await gone.close()
    const nowhere = connectTo(gone.url, kevel.key).executeStep(order, [], call())
    expect(await rejection(nowhere)).toMatchObject({ class: 'transient', code: 'unreachable' })
  })
})

let serial = 0
function aCreative({ width = 300, height = 250, click = 'https://volta.example/', asset_type = 'image' }: {
  width?: number; height?: number; click?: string | null; asset_type?: string
} = {}) {
  const image = { asset_type, url: 'https://cdn.volta.example/banner.png', width, height }
  const click_url = click === null ? {} : { click_url: { asset_type: 'url', url: click } }
  return {
    creative_id: `banner_${++serial}`,
    version: '1',
    name: 'Banner',
    agent_url: 'https://creative.adcontextprotocol.org',
    format_id: 'display_300x250_image',
    assets: { banner_image: image, ...click_url },
    weight: null,
  }
} // prettier-ignore

function change(buy: ApprovedBuy, one: Change): PlannedStep {
  const wanted =
    one.kind === 'upload_creative'
      ? { ...buy, packages: buy.packages.map((pkg) => ({ ...pkg, creatives: [...pkg.creatives, one.creative] })) }
      : buy
  const about = 'creative' in one ? `:${one.creative.creative_id}:${one.creative.version}` : ''
  return {
    kind: one.kind,
    external_key: `adcp:${buy.media_buy_id}${about}`,
    package_id: 'package_id' in one ? one.package_id : null,
    body: connect().planChange(one, wanted),
  }
} // prettier-ignore

const carryOut = (step: PlannedStep, done: readonly DoneStep[]) => carryOutAll(connect(), [step], done)
const place = (buy: ApprovedBuy) => carryOutAll(connect(), planned(buy), [])
