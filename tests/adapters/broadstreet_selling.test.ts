import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ApprovedBuy,
  ApprovedPackage,
  Change,
  DoneStep,
  PlannedStep,
} from '../../src/adapters/adapter.ts'
import { keyedName, said, termsIn } from '../../src/adapters/broadstreet/terms.ts'
import { connectTo, heldFor, onHomepage } from '../support/broadstreet/selling.ts'
import { startFakeBroadstreet, type FakeBroadstreet } from '../support/broadstreet/server.ts'
import { faults, startFaultProxy, type Fault, type FaultProxy } from '../support/fault_proxy.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import { call, expectNoSecret, rejection, thrown } from './conformance.ts'
import { carryOut as carryOutAll } from './conformance/steps.ts'

let broadstreet: FakeBroadstreet
let proxy: FaultProxy
beforeAll(async () => {
  broadstreet = await startFakeBroadstreet()
  proxy = await startFaultProxy(broadstreet.url)
})
afterAll(async () => {
  await proxy.close()
  await broadstreet.close()
})

const connect = (settings: Record<string, unknown> = {}) => connectTo(proxy.url, broadstreet.token, settings)
const aBuy = (overrides: Partial<ApprovedPackage> = {}, buy: Partial<ApprovedBuy> = {}): ApprovedBuy => ({
  ...approvedBuy([approvedPackage({ ad_server_config: onHomepage, ...overrides })]),
  advertiser_id: '301',
  ...buy,
})
const planned = (buy: ApprovedBuy) => connect().planFulfilment(buy)
const campaignIn = (buy: ApprovedBuy) => planned(buy)[1]?.body['campaign'] as Record<string, unknown>
const answering = (status: number, body: unknown): Fault => ({
  forward: false,
  answer: { status, body: JSON.stringify(body) },
})

describe('what a package becomes on Broadstreet', () => {
  test('impressions sold by CPM are a hard cap of what the budget pays for, and the name says the terms', () => {
    const buy = aBuy({ budget: '1250.50', price: '35.0000', pacing: 'asap' })
    const key = `[adcp:${buy.media_buy_id}:${buy.packages[0]?.package_id}]`
    expect(campaignIn(buy)).toEqual({
      name: `Homepage takeover, 1250.50 USD at 35.0000 CPM for 35728, 2027-03-01 00:00:00 to 2027-03-31 23:59:59 UTC, asap ${key}`,
      start_date: '2027-03-01 00:00:00',
      end_date: '2027-03-31 23:59:59',
      pacing_type: 'asap',
      max_impression_count: 35_728,
      impression_max_type: 'cap',
      weight: 'default',
    })
  })

  test('fewer impressions agreed than the budget pays for are all it may show', () => {
    expect(campaignIn(aBuy({ impressions: 9000 }))).toMatchObject({ max_impression_count: 9000 })
  })

  test('a flat rate has no cap', () => {
    const campaign = campaignIn(aBuy({ pricing_model: 'flat_rate', budget: '900.00', price: '900.00' }))
    expect(campaign['name']).toContain(', 900.00 USD flat, ')
    expect(campaign).not.toHaveProperty('max_impression_count')
  })

  test('what a name says is read again as it was said, whatever the product is called', () => {
    const money = fc.integer({ min: 1, max: 999_999_999 }).map((cents) => (cents / 100).toFixed(2))
    const time = fc
      .date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true })
      .map((one) => `${one.toISOString().slice(0, 19)}Z`)
    const terms = fc.record({
      budget: money,
      currency: fc.constantFrom('USD', 'EUR'),
      by_cpm: fc.option(fc.record({ cpm: money, impressions: fc.nat() })),
      start_time: time,
      end_time: time,
      pacing: fc.constantFrom('even' as const, 'asap' as const),
    })
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), terms, (product, sold) => {
        const name = keyedName(product, `${said(sold)} [adcp:mb_1:pkg_1]`)
        expect(name.length).toBeLessThanOrEqual(255)
        expect(termsIn(name)).toEqual(sold)
      }),
    )
    expect(termsIn('Spring campaign of the house')).toBeUndefined()
  })

  test.each([
    ['budget', { budget: '0.001' }],
    ['budget', { budget: '99999999.00', price: '0.0100' }],
    ['price', { price: null }],
    ['bid_price', { bid_price: '4.00' }],
    ['geo_countries', { targeting_overlay: { geo_countries: ['US'] } }],
    ['pacing', { pacing: 'front_loaded' as const }],
  ])('a %s it cannot keep to is refused by name: %j', (name, overrides) => {
    const error = thrown(() => planned(aBuy(overrides)))
    expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining(name) })
  })

  test('what is wrong with a connection or a product is ours to put right', async () => {
    expect(thrown(() => connect({ time_zone: 'Mars/Olympus' }))).toMatchObject({ class: 'config' })
    expect(thrown(() => connectTo(proxy.url, ''))).toMatchObject({ class: 'config' })
    expect(thrown(() => planned(aBuy({ ad_server_config: { zone_ids: [] } })))).toMatchObject({
      class: 'config',
    })
    const buy = aBuy({ ad_server_config: { zone_ids: [61, 99] } })
    const [order] = planned(buy)
    if (!order) throw new Error('there is no plan')
    expect(await rejection(connect().executeStep(order, [], call()))).toMatchObject({
      class: 'config',
      message: expect.stringContaining('99'),
    })
    expect(heldFor(broadstreet, buy)).toMatchObject({ records: [], campaigns: [] })
  })

  test('an order is for the advertiser of the buy, else for that of the connection, else for a person to say', () => {
    const nobody = aBuy({}, { advertiser_id: null })
    const [order] = connect({ advertiser_id: 302 }).planFulfilment(nobody)
    expect(order?.body).toMatchObject({ advertiser_id: 302 })
    for (const advertiser_id of [null, 'adv_volta'])
      expect(thrown(() => planned({ ...nobody, advertiser_id }))).toMatchObject({ class: 'needs_human' })
  })
})

describe('an order that stands on Broadstreet', () => {
  test('has a record that shows nothing, and names that keep our keys however long they are', async () => {
    const buy = aBuy({ product_name: 'x'.repeat(300) }, { name: 'y'.repeat(300), po_number: 'PO'.repeat(99) })
    await place(buy)
    expect(heldFor(broadstreet, buy)).toMatchObject({
      records: [{ paused: true }],
      campaigns: [{ paused: false, weight: 'default' }],
      placements: [],
    })
  })

  test('is changed only in what changes', async () => {
    const buy = aBuy()
    const done = await place(buy)
    const [campaign] = heldFor(broadstreet, buy).campaigns
    Object.assign(campaign ?? {}, { weight: 'high', notes: 'talk to Joe first' })
    const { package_id = '' } = buy.packages[0] ?? {}
    const update = change(buy, {
      kind: 'update_line_item',
      package_id,
      fields: { budget: '2000.00', impressions: 57_142 },
    })
    expect(Object.keys(update.body['campaign'] as object)).toEqual(['max_impression_count', 'name'])
    await carryOut(update, done)
    expect(campaign).toMatchObject({
      weight: 'high',
      notes: 'talk to Joe first',
      max_impression_count: 57_142,
    })
  })

  test('shows a creative in each zone of its product, once, also after only some were placed', async () => {
    const buy = aBuy({ creatives: [banner] })
    const { package_id = '' } = buy.packages[0] ?? {}
    const done = await place(buy)
    done.push(...(await carryOut(change(buy, { kind: 'upload_creative', creative: banner }), done)))
    const creative = { creative_id: banner.creative_id, version: banner.version, weight: null }
    const attach = change(buy, { kind: 'attach_creative', package_id, creative })
    const detach = change(buy, { kind: 'detach_creative', package_id, creative })
    const zones = () => heldFor(broadstreet, buy).placements.map(({ zone_id }) => zone_id)
    for (const [step, method, half, whole] of [
      [attach, 'POST', [61], [61, 62]],
      [detach, 'DELETE', [62], []],
    ] as const) {
      proxy.next(faults.lostAnswer, method)
      expect(await rejection(connect().executeStep(step, done, call()))).toMatchObject({ class: 'ambiguous' })
      expect(zones()).toEqual(half)
      expect(await connect().reconcileStep(step, done, call())).toEqual({ found: 'none' })
      await carryOut(step, done)
      expect(zones()).toEqual(whole)
      expect(await connect().reconcileStep(step, done, call())).toMatchObject({ found: 'match' })
    }
  })

  test('takes HTML as it is, and no VAST', () => {
    const tag = { asset_type: 'html', content: '<b>Volta</b>', width: 300, height: 250 }
    const html = { ...banner, assets: { tag } }
    const buy = aBuy({ creatives: [html] })
    expect(change(buy, { kind: 'upload_creative', creative: html }).body['advertisement']).toMatchObject({
      type: 'html',
      html: '<b>Volta</b>',
    })
    const vast = { ...banner, assets: { vast: { asset_type: 'vast', url: 'https://x.example/v.xml' } } }
    expect(thrown(() => change(buy, { kind: 'upload_creative', creative: vast }))).toMatchObject({
      class: 'permanent',
    })
  })

  test('whose pause or end is not told of is told again, which changes nothing; where it is told of it is found', async () => {
    const buy = aBuy()
    const done = await place(buy)
    const { package_id = '' } = buy.packages[0] ?? {}
    const steps = ['pause_line_item', 'cancel_line_item', 'cancel_order'] as const
    for (const kind of steps) {
      const step = change(buy, kind === 'cancel_order' ? { kind } : { kind, package_id })
      for (const tells_switches of [true, false]) {
        broadstreet.books.tells_switches = tells_switches
        await carryOut(step, done)
        const found = tells_switches ? { found: 'match', external_ids: {} } : { found: 'none' }
        expect(await connect().reconcileStep(step, done, call()), kind).toEqual(found)
      }
    }
    expect(heldFor(broadstreet, buy)).toMatchObject({
      records: [{ paused: true, archived: true }],
      campaigns: [{ paused: true, archived: true }],
    })
  })

  test('that was booked twice by somebody is a conflict', async () => {
    const buy = aBuy()
    const [order] = planned(buy)
    if (!order) throw new Error('there is no plan')
    await carryOut(order, [])
    await carryOut(order, [])
    expect(await connect().reconcileStep(order, [], call())).toMatchObject({ found: 'conflict' })
  })
})

describe('an answer of Broadstreet’s', () => {
  test.each([
    [{ campaign: { id: 7, name: 'x' } }],
    [{ id: 7, name: 'x' }],
    [{ campaign: { id: '7', name: 'x' } }],
  ])('that a campaign was made is understood as %j', async (answer) => {
    const done = await place(aBuy())
    const [, item] = planned(aBuy())
    if (!item) throw new Error('the plan is too short')
    proxy.next(answering(201, answer))
    expect(await connect().executeStep(item, done, call())).toEqual({
      type: 'done',
      external_ids: { line_item: '7' },
    })
  })

  const placement = { advertisement_id: 9, zone_id: 61 }
  test.each([
    [[placement, { ...placement, zone_id: 62 }]],
    [{ placements: [placement, { ...placement, zone_id: 62 }] }],
    [{ placement: [placement, { ...placement, zone_id: 62 }] }],
  ])('of what is placed where is understood as %j', async (answer) => {
    const buy = aBuy({ creatives: [banner] })
    const { package_id = '' } = buy.packages[0] ?? {}
    const ref = { creative_id: banner.creative_id, version: banner.version, weight: null }
    const attach = change(buy, { kind: 'attach_creative', package_id, creative: ref })
    const upload = change(buy, { kind: 'upload_creative', creative: banner })
    const done = [...(await place(buy)), { ...upload, external_ids: { creative: '9' } }]
    proxy.next(answering(200, answer), 'GET')
    expect(await connect().reconcileStep(attach, done, call())).toMatchObject({ found: 'match' })
  })

  test('of what is placed where that is none of these is no answer, and nothing is placed on its strength', async () => {
    const buy = aBuy({ creatives: [banner] })
    const { package_id = '' } = buy.packages[0] ?? {}
    const ref = { creative_id: banner.creative_id, version: banner.version, weight: null }
    const attach = change(buy, { kind: 'attach_creative', package_id, creative: ref })
    const upload = change(buy, { kind: 'upload_creative', creative: banner })
    const done = [...(await place(buy)), { ...upload, external_ids: { creative: '9' } }]
    proxy.next(answering(200, { ads: [] }), 'GET')
    expect(await rejection(connect().executeStep(attach, done, call()))).toMatchObject({ class: 'transient' })
  })

  test.each([
    [302, 'config'],
    [401, 'config'],
    [403, 'config'],
    [404, 'permanent'],
    [422, 'permanent'],
    [500, 'ambiguous'],
  ])(
    'of %i to a write is %s, and says nothing of the token even when Broadstreet does',
    async (status, expected) => {
      const [, item] = planned(aBuy())
      if (!item) throw new Error('the plan is too short')
      const told = `token ${broadstreet.token} is wrong`
      for (const body of [
        { message: told },
        { error: told },
        { errors: [told] },
        { errors: { base: [told] } },
        'x',
      ]) {
        proxy.next(answering(status, body))
        const error = await rejection(connect().executeStep(item, [], call()))
        expect(error).toMatchObject({ class: expected })
        expectNoSecret(error, broadstreet.token)
      }
    },
  )

  test('that never comes, or from nowhere, leaves no trace of the address it was asked at', async () => {
    const [order, item] = planned(aBuy())
    if (!order || !item) throw new Error('the plan is too short')
    const gone = await startFaultProxy(broadstreet.url)
    await gone.close()
    const ways = [
      () => connectTo(gone.url, broadstreet.token).executeStep(order, [], call()),
      () => connectTo('http://no-such-host.invalid', broadstreet.token).executeStep(order, [], call()),
      () => connectTo('http://127.0.0.1:1', broadstreet.token).executeStep(order, [], call()),
      ...(['reset', 'silence', 'garbage'] as const).map((fault) => () => {
        proxy.next(faults[fault])
        return connect({ timeout_ms: 100 }).executeStep(item, [], call())
      }),
    ]
    for (const way of ways) {
      const error = await rejection(way())
      expectNoSecret(error, broadstreet.token)
      expect(error.stack).not.toContain('access_token')
    }
    proxy.forget()
  })
})

function change(buy: ApprovedBuy, one: Change): PlannedStep {
  const about = 'creative' in one ? `:${one.creative.creative_id}:${one.creative.version}` : ''
  return {
    kind: one.kind,
    external_key: `adcp:${buy.media_buy_id}${about}`,
    package_id: 'package_id' in one ? one.package_id : null,
    body: connect().planChange(one, buy),
  }
}

const carryOut = (step: PlannedStep, done: readonly DoneStep[]) => carryOutAll(connect(), [step], done)
const place = (buy: ApprovedBuy) => carryOutAll(connect(), planned(buy), [])
