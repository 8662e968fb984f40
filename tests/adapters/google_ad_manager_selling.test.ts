import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { ApprovedBuy, ApprovedPackage, StepOutcome } from '../../src/adapters/adapter.ts'
import { fromMicros, toMicros } from '../../src/adapters/google_ad_manager/money.ts'
import { budgetOf } from '../support/google_ad_manager/line_items.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aBuy, aPackage, connectTo, heldFor, onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle } from '../support/google_ad_manager/server.ts'
import { call, placeRest, rejection, thrown } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterEach(() =>
  Object.assign(google.books.minded, {
    noForecast: 0,
    mayApprove: true,
    inventory: true,
    mayCreateCompanies: true,
  }),
)
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

describe('a line item', () => {
  test.each([
    ['a guaranteed CPM', {}, 'STANDARD', 'CPM', 'LIFETIME IMPRESSIONS 250000'],
    [
      'a guaranteed viewable CPM',
      { pricing_model: 'vcpm' },
      'STANDARD',
      'VCPM',
      'LIFETIME VIEWABLE_IMPRESSIONS 250000',
    ],
    [
      'fewer impressions than the budget pays for',
      { impressions: 9000 },
      'STANDARD',
      'CPM',
      'LIFETIME IMPRESSIONS 9000',
    ],
    [
      'more impressions than the budget pays for',
      { impressions: 900_000 },
      'STANDARD',
      'CPM',
      'LIFETIME IMPRESSIONS 250000',
    ],
    ['a guaranteed CPC', { pricing_model: 'cpc' }, 'STANDARD', 'CPC', 'LIFETIME CLICKS 250'],
    [
      'a bid',
      { delivery_type: 'non_guaranteed', price: null, bid_price: '2.5000' },
      'PRICE_PRIORITY',
      'CPM',
      'LIFETIME IMPRESSIONS 500000',
    ],
    ['a sponsorship', { pricing_model: 'flat_rate' }, 'SPONSORSHIP', 'CPD', 'DAILY IMPRESSIONS 100'],
    [
      'a month for a flat price',
      { pricing_model: 'time', delivery_type: 'non_guaranteed' },
      'NETWORK',
      'CPD',
      'DAILY IMPRESSIONS 100',
    ],
    [
      'house advertising',
      {
        delivery_type: 'non_guaranteed',
        ad_server_config: { ...onHomepage, line_item_type: 'HOUSE', share_percent: 20 },
      },
      'HOUSE',
      'CPM',
      'DAILY IMPRESSIONS 20',
    ],
  ] as [string, Partial<ApprovedPackage>, string, string, string][])(
    'for %s is of the type, cost and goal Google has for it',
    async (_name, overrides, type, cost, goal) => {
      const item = await booked(aPackage(overrides))
      const { goalType, unitType, units } = item['primaryGoal'] as Thing
      expect([item['lineItemType'], item['costType'], `${goalType} ${unitType} ${units}`]).toEqual([
        type,
        cost,
        goal,
      ])
      expect(item['status']).toBeUndefined()
    },
  )

  test('by the day costs its budget, spread over the days of the network', async () => {
    // 31 days in New York
    const item = await booked(aPackage({ pricing_model: 'flat_rate', price: '3100.0000', budget: '3100.00' }))
    expect(item['costPerUnit']).toEqual({ currencyCode: 'USD', microAmount: '100000000' })
    expect(fromMicros(budgetOf(item))).toBe('3100.00')
  })

  test('never costs more than its budget', async () => {
    for (const [budget, price] of [
      ['1000.00', '7.0000'],
      ['19.99', '0.3300'],
      ['100.00', '33.3333'],
    ]) {
      const item = await booked(aPackage({ budget: budget ?? '', price: price ?? '' }))
      const micros = budgetOf(item)
      expect(micros).toBeLessThanOrEqual(toMicros(budget ?? '', 'budget'))
      // one impression more would
      expect(micros + toMicros(price ?? '', 'price') / 1000n + 1n).toBeGreaterThan(
        toMicros(budget ?? '', 'budget'),
      )
    }
  })

  test('whose budget does not pay for one unit is refused', () => {
    const buy = aBuy([aPackage({ pricing_model: 'cpc', price: '5.0000', budget: '4.99' })])
    expect(thrown(() => connectTo(google).planFulfilment(buy))).toMatchObject({
      class: 'permanent',
      code: 'unsupported_budget',
    })
  })

  test('runs from its start to its end on the clock of the network', async () => {
    const item = await booked(
      aPackage({ start_time: '2027-03-14T12:00:00Z', end_time: '2027-11-07T12:00:00Z' }),
    )
    const at = { minute: '0', second: '0', timeZoneId: 'America/New_York' }
    expect(item['startDateTime']).toEqual({ date: { year: '2027', month: '3', day: '14' }, hour: '8', ...at })
    expect(item['endDateTime']).toEqual({ date: { year: '2027', month: '11', day: '7' }, hour: '7', ...at })
  })

  test('whose start has gone by starts at once', async () => {
    const item = await booked(aPackage({ start_time: '2026-01-01T00:00:00Z' }))
    expect(Number((item['startDateTime'] as Thing)['date'].year)).toBe(new Date().getFullYear())
  })

  test('is paced as asked', async () => {
    const rates = []
    for (const pacing of ['even', 'front_loaded', 'asap'] as const)
      rates.push((await booked(aPackage({ pacing })))['deliveryRateType'])
    expect(rates).toEqual(['EVENLY', 'FRONTLOADED', 'AS_FAST_AS_POSSIBLE'])
  })

  test('shows on the inventory of its product, with room for its creatives', async () => {
    const item = await booked(
      aPackage({
        ad_server_config: {
          ad_unit_ids: ['2001', '2002'],
          include_descendants: false,
          excluded_ad_unit_ids: ['2003'],
          placement_ids: ['3001'],
          placeholders: [{ width: 728, height: 90, count: 2 }, { creative_template_id: '10004520' }],
          environment: 'VIDEO_PLAYER',
          video_max_duration_ms: 30_000,
        },
      }),
    )
    expect(item['targeting']).toEqual({
      inventoryTargeting: {
        targetedAdUnits: [
          { adUnitId: '2001', includeDescendants: 'false' },
          { adUnitId: '2002', includeDescendants: 'false' },
        ],
        excludedAdUnits: [{ adUnitId: '2003', includeDescendants: 'true' }],
        targetedPlacementIds: ['3001'],
      },
    })
    expect(item['creativePlaceholders']).toMatchObject([
      { size: { width: '728', height: '90' }, expectedCreativeCount: '2', creativeSizeType: 'PIXEL' },
      { creativeTemplateId: '10004520', creativeSizeType: 'NATIVE' },
    ])
    expect(item).toMatchObject({ environmentType: 'VIDEO_PLAYER', videoMaxDuration: '30000' })
  })

  test('has room for creatives of the sizes of its formats where its product does not say which', async () => {
    const sizes = [
      { width: 970, height: 250 },
      { width: 320, height: 50 },
    ]
    const ad_server_config = { ad_unit_ids: ['2001'] }
    expect((await booked(aPackage({ ad_server_config, sizes })))['creativePlaceholders']).toEqual([
      room('970', '250'),
      room('320', '50'),
    ])
    expect((await booked(aPackage({ sizes })))['creativePlaceholders']).toEqual([room('300', '250')])
  })

  test('skips the forecast or overbooks only where the publisher says so', async () => {
    expect(await booked(aPackage())).not.toHaveProperty('skipInventoryCheck')
    const buy = aBuy()
    const adapter = connectTo(google, { overbook: true, skip_inventory_check: true })
    google.books.minded.inventory = false
    await place(buy, adapter)
    expect(heldFor(google, buy).items[0]).toMatchObject({ allowOverbook: 'true', skipInventoryCheck: 'true' })
    expect(heldFor(google, buy).orders[0]).toMatchObject({ status: 'APPROVED' })
  })
})

describe('targeting', () => {
  const target = async (targeting_overlay: ApprovedPackage['targeting_overlay']): Promise<Thing> =>
    (await booked(aPackage({ targeting_overlay })))['targeting'] as Thing

  test('by country, region, metro and postal code is by Google’s ids of those places', async () => {
    const places = async (overlay: ApprovedPackage['targeting_overlay']) =>
      (await target(overlay))['geoTargeting']
    expect(await places({ geo_countries: ['US', 'DE'], geo_regions_exclude: ['US-CA'] })).toEqual({
      targetedLocations: [{ id: '2840' }, { id: '2276' }],
      excludedLocations: [{ id: '21137' }],
    })
    expect(await places({ geo_regions: ['DE-BY'] })).toEqual({ targetedLocations: [{ id: '20229' }] })
    expect(await places({ geo_metros: [{ system: 'nielsen_dma', values: ['501'] }] })).toEqual({
      targetedLocations: [{ id: '200501' }],
    })
    expect(await places({ geo_postal_areas: [{ country: 'DE', system: 'plz', values: ['80331'] }] })).toEqual(
      {
        targetedLocations: [{ id: '9042511' }],
      },
    )
  })

  test('by a country and places in it is by those places alone: Google adds up what AdCP narrows down', async () => {
    const { geoTargeting } = await target({ geo_countries: ['US'], geo_regions: ['US-NY', 'DE-BY'] })
    expect(geoTargeting).toEqual({ targetedLocations: [{ id: '21167' }] })
  })

  test('by device, platform, language, key-values and hours is by what the network calls them', async () => {
    const item = await booked(
      aPackage({
        targeting_overlay: {
          device_type: ['mobile'],
          device_type_exclude: ['ctv'],
          device_platform: ['ios', 'windows'],
          language: ['de', 'fr'],
          daypart_targets: [
            { days: ['monday', 'sunday'], start_hour: 6, end_hour: 10 },
            { days: ['monday'], start_hour: 9, end_hour: 24 },
          ],
        },
        ad_server_config: {
          ...onHomepage,
          key_values: { section: ['sport'], pos: ['top', 'bottom'] },
          excluded_key_values: { section: ['tragedy'] },
        },
      }),
    )
    const { technologyTargeting, customTargeting, dayPartTargeting } = item['targeting'] as Thing
    const ids = (list: Thing[]) => list.map(({ id }) => String(id))
    expect(ids(technologyTargeting.deviceCategoryTargeting.targetedDeviceCategories)).toEqual([
      '30001',
      '30003',
    ])
    expect(ids(technologyTargeting.deviceCategoryTargeting.excludedDeviceCategories)).toEqual([
      '30004',
      '30006',
    ])
    expect(ids(technologyTargeting.operatingSystemTargeting.operatingSystems)).toEqual([
      '501013',
      '501001',
      '501002',
    ])
    expect(ids(technologyTargeting.browserLanguageTargeting.browserLanguages)).toEqual(['504001', '504002'])
    expect(customTargeting.children[0]).toMatchObject({
      logicalOperator: 'AND',
      children: [
        { keyId: '6001', valueIds: ['6101', '6102'], operator: 'IS' },
        { keyId: '6002', valueIds: ['6201'], operator: 'IS' },
        { keyId: '6002', valueIds: ['6202'], operator: 'IS_NOT' },
      ],
    })
    expect(dayPartTargeting).toEqual({
      timeZone: 'PUBLISHER',
      dayParts: [
        {
          dayOfWeek: 'MONDAY',
          startTime: { hour: '6', minute: 'ZERO' },
          endTime: { hour: '24', minute: 'ZERO' },
        },
        {
          dayOfWeek: 'SUNDAY',
          startTime: { hour: '6', minute: 'ZERO' },
          endTime: { hour: '10', minute: 'ZERO' },
        },
      ],
    })
  })

  test('caps what one person sees as the buyer and the product ask, and the stricter counts', async () => {
    const item = await booked(
      aPackage({
        targeting_overlay: {
          frequency_cap: {
            suppress: { interval: 2, unit: 'hours' },
            max_impressions: 9,
            per: 'individuals',
            window: { interval: 7, unit: 'days' },
          },
        },
        ad_server_config: {
          ...onHomepage,
          frequency_caps: [
            { max_impressions: 5, time_units: 7, unit: 'DAY' },
            { max_impressions: 20, time_units: 1, unit: 'LIFETIME' },
          ],
        },
      }),
    )
    expect(item['frequencyCaps']).toEqual([
      { maxImpressions: '5', numTimeUnits: '7', timeUnit: 'DAY' },
      { maxImpressions: '20', numTimeUnits: '1', timeUnit: 'LIFETIME' },
      { maxImpressions: '1', numTimeUnits: '2', timeUnit: 'HOUR' },
    ])
  })

  test.each([
    ['geo_regions', ['DE-XY']],
    ['geo_metros', [{ system: 'uk_itl2', values: ['UKI3'] }]],
    ['geo_postal_areas', [{ system: 'gb_full', values: ['SW1A 1AA'] }]],
    ['frequency_cap', { max_impressions: 3, per: 'households', window: { interval: 1, unit: 'days' } }],
    ['frequency_cap', { suppress: { interval: 45, unit: 'seconds' } }],
    ['device_type', ['dooh']],
    ['device_platform', ['unknown']],
    ['geo_countries', ['us']],
  ])('by %s Google has no form for is refused before anything is booked: %j', (field, value) => {
    const buy = aBuy([aPackage({ targeting_overlay: { [field]: value } })])
    const error = thrown(() => connectTo(google).planFulfilment(buy))
    expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining(field) })
  })

  test('that would need regions and postal codes together, or places outside the countries, is refused', () => {
    const refused = (targeting_overlay: ApprovedPackage['targeting_overlay']) =>
      thrown(() => connectTo(google).planFulfilment(aBuy([aPackage({ targeting_overlay })])))
    const postal = [{ system: 'us_zip', values: ['10001'] }]
    expect(refused({ geo_regions: ['US-NY'], geo_postal_areas: postal })).toMatchObject({
      class: 'permanent',
    })
    expect(refused({ geo_countries: ['DE'], geo_regions: ['US-NY'] })).toMatchObject({ class: 'permanent' })
    expect(refused({ geo_countries: ['DE'], geo_countries_exclude: ['DE'] })).toMatchObject({
      class: 'permanent',
    })
  })

  test.each([
    [{ geo_countries: ['BR'] }, 'country:BR'],
    [{ geo_regions: ['GB-SCT'] }, 'region:GB-SCT'],
    [{ geo_metros: [{ system: 'nielsen_dma', values: ['999'] }] }, 'metro:999'],
    [{ device_platform: ['tizen'] }, 'tizen'],
    [{ language: ['sw'] }, 'sw'],
  ])(
    'by %j, which the network does not list, is refused before anything is booked',
    async (targeting_overlay, name) => {
      const buy = aBuy([aPackage(), aPackage({ targeting_overlay })])
      const error = await rejection(place(buy))
      expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining(name) })
      expect(heldFor(google, buy).orders).toEqual([])
    },
  )

  test('by a key-value the network does not have is the publisher’s to put right', async () => {
    const ad_server_config = { ...onHomepage, key_values: { pos: ['top', 'middle'] } }
    expect(await rejection(place(aBuy([aPackage({ ad_server_config })])))).toMatchObject({
      class: 'config',
      message: expect.stringContaining('pos=middle'),
    })
  })
})

describe('an order', () => {
  test('is named so that it is found again, and trafficked by who we are', async () => {
    const buy = aBuy(undefined, { po_number: 'PO-7', name: 'x'.repeat(400) })
    await place(buy)
    const [order] = heldFor(google, buy).orders
    expect(order).toMatchObject({ advertiserId: '5001', traffickerId: '7001', poNumber: 'PO-7' })
    expect(String(order?.['name'])).toHaveLength(255)
  })

  test('is for the advertiser of that name where the buyer has no other', async () => {
    const buy = aBuy(undefined, { advertiser_id: null, brand_domain: 'acme-outdoor.example' })
    await place(buy)
    expect(heldFor(google, buy).orders[0]).toMatchObject({ advertiserId: '5002' })
  })

  test('of a brand without an advertiser waits for a person who says who it is', async () => {
    const buy = aBuy(undefined, { advertiser_id: null })
    expect(await rejection(place(buy))).toMatchObject({
      class: 'needs_human',
      code: 'advertiser_missing',
      message: expect.stringContaining('volta.example'),
    })
    expect(await rejection(place(aBuy(undefined, { advertiser_id: '999' })))).toMatchObject({
      class: 'needs_human',
      code: 'advertiser_unknown',
    })
  })

  test('of a brand without an advertiser gets one where the publisher lets us, once for all its orders', async () => {
    const adapter = connectTo(google, { create_advertisers: true })
    const buys = [1, 2].map(() => aBuy(undefined, { advertiser_id: null, brand_domain: 'new-brand.example' }))
    for (const buy of buys) await place(buy, adapter)
    const companies = google.books.companies.filter(({ name }) => name === 'new-brand.example')
    expect(companies).toHaveLength(1)
    for (const buy of buys)
      expect(heldFor(google, buy).orders[0]).toMatchObject({ advertiserId: companies[0]?.['id'] })
  })

  test('in a currency the network does not take is refused before anything is booked', async () => {
    const buy = aBuy(undefined, { currency: 'CHF' })
    expect(await rejection(place(buy))).toMatchObject({
      class: 'permanent',
      message: expect.stringContaining('USD, EUR, GBP'),
    })
    expect(heldFor(google, buy).orders).toEqual([])
  })
})

describe('approval', () => {
  test('waits for a forecast, each time longer, and goes on when it is there', async () => {
    google.books.minded.noForecast = 3
    const { adapter, step, done } = await upToApproval(aBuy())
    const pauses: number[] = []
    for (let attempt = 1; ; attempt++) {
      const outcome = await adapter.executeStep(step, done, { ...call(), attempt })
      if (outcome.type !== 'wait') break
      expect(outcome).toMatchObject({ reason: 'waiting_for_forecast', give_up_after_ms: 7 * 86_400_000 })
      pauses.push(outcome.retry_after_ms / 60_000)
    }
    expect(pauses).toEqual([5, 10, 20])
  })

  test('that we may not give is asked for, and waited for', async () => {
    google.books.minded.mayApprove = false
    const buy = aBuy()
    const { adapter, step, done } = await upToApproval(buy)
    const ask = () => adapter.executeStep(step, done, call())
    expect(await ask()).toMatchObject({ type: 'wait', reason: 'waiting_for_approval' })
    const [order] = heldFor(google, buy).orders
    expect(order).toMatchObject({ status: 'PENDING_APPROVAL' })
    expect(await ask()).toMatchObject({ type: 'wait' })
    Object.assign(order ?? {}, { status: 'APPROVED' })
    expect(await ask()).toEqual({ type: 'done', external_ids: {} } satisfies StepOutcome)
  })

  test('is left to somebody there where the publisher says so', async () => {
    const buy = aBuy()
    const { step, done } = await upToApproval(buy)
    const outcome = await connectTo(google, { approval: 'submit' }).executeStep(step, done, call())
    expect(outcome).toMatchObject({ type: 'wait', reason: 'waiting_for_approval' })
    expect(heldFor(google, buy).orders[0]).toMatchObject({ status: 'PENDING_APPROVAL' })
  })

  test('that was refused there refuses the buy', async () => {
    const buy = aBuy()
    const { adapter, step, done } = await upToApproval(buy)
    Object.assign(heldFor(google, buy).orders[0] ?? {}, { status: 'DISAPPROVED' })
    expect(await rejection(adapter.executeStep(step, done, call()))).toMatchObject({
      class: 'permanent',
      code: 'order_rejected',
    })
  })

  test('for want of inventory is a person’s to decide', async () => {
    google.books.minded.inventory = false
    const { adapter, step, done } = await upToApproval(aBuy())
    expect(await rejection(adapter.executeStep(step, done, call()))).toMatchObject({ class: 'needs_human' })
  })
})

describe('a connection', () => {
  test('whose settings, key or products are wrong says what, and nothing of the key', () => {
    const account = JSON.parse(google.serviceAccount) as Record<string, string>
    const bad = (settings: Record<string, unknown>, secret?: string) =>
      thrown(() => connectTo(google, settings, secret)).message
    expect(bad({ network_code: 'x' })).toContain('network_code')
    expect(bad({ surprise: true })).toContain('surprise')
    expect(bad({}, 'not json')).toContain('not the JSON')
    expect(bad({}, JSON.stringify({ ...account, private_key: 'SECRET' }))).toMatch(/private_key(?!.*SECRET)/)
    const unfit = (ad_server_config: Record<string, unknown>) =>
      thrown(() => connectTo(google).planFulfilment(aBuy([aPackage({ ad_server_config })])))
    expect(unfit({ placeholders: [{ width: 1, height: 1 }] })).toMatchObject({ class: 'config' })
    expect(unfit({ ad_unit_ids: ['2001'] })).toMatchObject({
      class: 'config',
      message: expect.stringMatching(
        /product homepage: none of its formats has a fixed size; .* placeholders/,
      ),
    })
    const sold = aPackage({
      pricing_model: 'flat_rate',
      ad_server_config: { ...onHomepage, line_item_type: 'STANDARD' },
    })
    expect(thrown(() => connectTo(google).planFulfilment(aBuy([sold])))).toMatchObject({
      class: 'config',
      code: 'line_item_type',
    })
  })

  test('keeps an hour what the network told of itself', async () => {
    await place(aBuy())
    const before = google.calls.length
    await place(aBuy())
    expect(google.calls.slice(before).map(({ operation }) => operation)).toEqual([
      'createOrders',
      'createLineItems',
      'getOrdersByStatement',
      'performOrderAction',
    ])
  })
})

async function place(buy: ApprovedBuy, adapter = connectTo(google)): Promise<void> {
  await placeRest({ adapter, approve: async () => {} } as unknown as Parameters<typeof placeRest>[0], buy, [])
}

/** The line item the network holds for a package, once it is placed. */
const room = (width: string, height: string) => ({
  size: { width, height, isAspectRatio: 'false' },
  expectedCreativeCount: '1',
  creativeSizeType: 'PIXEL',
})

async function booked(pkg: ApprovedPackage): Promise<Thing> {
  const buy = aBuy([pkg])
  await place(buy)
  const [item] = heldFor(google, buy).items
  if (!item) throw new Error('there is no line item')
  return item
}

async function upToApproval(buy: ApprovedBuy) {
  const adapter = connectTo(google)
  const [order, item, step] = adapter.planFulfilment(buy)
  if (!order || !item || !step) throw new Error('the plan is too short')
  const sent = await adapter.executeStep(order, [], call())
  if (sent.type !== 'done') throw new Error('the order was not booked')
  const done = [{ ...order, external_ids: sent.external_ids }]
  await adapter.executeStep(item, done, call())
  return { adapter, step, done }
}
