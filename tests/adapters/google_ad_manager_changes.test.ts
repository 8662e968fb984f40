import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type {
  ApprovedBuy,
  ApprovedCreative,
  ApprovedPackage,
  Change,
  DoneStep,
  PlannedStep,
} from '../../src/adapters/adapter.ts'
import { changedLineItem } from '../../src/adapters/google_ad_manager/whole_line_item.ts'
import { shown } from '../support/google_ad_manager/line_items.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aBuy, aPackage, connectTo, heldFor, onHomepage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { call, rejection, thrown } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const banner: ApprovedCreative = {
  creative_id: 'banner_1',
  version: 'a1b2',
  name: 'Spring banner',
  agent_url: 'https://creative.adcontextprotocol.org',
  format_id: 'display_300x250_image',
  assets: {
    banner_image: { asset_type: 'image', url: 'https://cdn.example/1.png?a=1&b=2', width: 300, height: 250 },
    click_url: { asset_type: 'url', url: 'https://volta.example/' },
  },
  weight: null,
}

describe('a line item that is changed', () => {
  const fields = (item: Thing) => {
    const { goalType, unitType, units } = item['primaryGoal'] as Thing
    return [
      `${goalType} ${unitType} ${units}`,
      (item['costPerUnit'] as Thing)['microAmount'],
      item['deliveryRateType'],
    ]
  }

  test('has a new budget, bid, pace and end, and keeps everything else', async () => {
    const order = await placed([aPackage({ targeting_overlay: { geo_countries: ['US'] } })])
    const before = { ...order.item() }
    await order.update({ budget: '2500.00', pacing: 'asap' })
    expect(fields(order.item())).toEqual(['LIFETIME IMPRESSIONS 500000', '5000000', 'AS_FAST_AS_POSSIBLE'])
    await order.update({ bid_price: '10.0000' })
    expect(fields(order.item())).toEqual(['LIFETIME IMPRESSIONS 250000', '10000000', 'AS_FAST_AS_POSSIBLE'])
    await order.update({ end_time: '2027-05-01T03:59:59.000Z' })
    expect(order.item()['endDateTime']).toMatchObject({
      date: { month: '4', day: '30' },
      hour: '23',
      second: '59',
    })
    for (const name of [
      'name',
      'externalId',
      'targeting',
      'creativePlaceholders',
      'startDateTime',
      'lineItemType',
    ])
      expect(order.item()[name]).toEqual(before[name])
  })

  test('has new targeting where the buyer decides it, and what somebody there added elsewhere', async () => {
    const order = await placed([
      aPackage({ targeting_overlay: { geo_countries: ['US'], device_type: ['mobile'] } }),
    ])
    const targeting = order.item()['targeting'] as Thing
    targeting['customTargeting'] = { logicalOperator: 'OR', children: [] }
    targeting['inventoryTargeting'].targetedPlacementIds = ['3001']
    const frequency_cap = { suppress: { interval: 1, unit: 'days' } }
    await order.update({ targeting_overlay: { geo_countries: ['DE'], frequency_cap } })
    expect(order.item()['targeting']).toEqual({
      geoTargeting: { targetedLocations: [{ id: '2276' }] },
      inventoryTargeting: {
        targetedAdUnits: [{ adUnitId: '2001', includeDescendants: 'true' }],
        targetedPlacementIds: ['3001'],
      },
      customTargeting: { logicalOperator: 'OR' },
    })
    expect(order.item()['frequencyCaps']).toEqual([
      { maxImpressions: '1', numTimeUnits: '1', timeUnit: 'DAY' },
    ])
    await order.update({ targeting_overlay: {} })
    expect(order.item()['targeting']).not.toHaveProperty('geoTargeting')
    expect(order.item()).not.toHaveProperty('frequencyCaps')
  })

  test('by the day costs its budget over its new days', async () => {
    const order = await placed([aPackage({ pricing_model: 'flat_rate', budget: '3100.00' })])
    await order.update({ end_time: '2027-03-11T05:00:00.000Z' })
    expect((order.item()['costPerUnit'] as Thing)['microAmount']).toBe('310000000')
  })

  test('is found to stand as changed, and not before', async () => {
    const order = await placed([aPackage()])
    const step = order.plan({
      kind: 'update_line_item',
      package_id: order.pkg.package_id,
      fields: {
        budget: '2500.00',
        end_time: '2027-05-01T04:00:00.000Z',
        targeting_overlay: {
          geo_countries: ['US', 'DE'],
          daypart_targets: [{ days: ['monday'], start_hour: 6, end_hour: 9 }],
        },
      },
    })
    expect(await order.find(step)).toEqual({ found: 'none' })
    await order.send(step)
    expect(await order.find(step)).toEqual({ found: 'match', external_ids: {} })
  })

  test('waits while its order waits for approval, and for a forecast', async () => {
    const order = await placed([aPackage()])
    const step = order.plan({
      kind: 'update_line_item',
      package_id: order.pkg.package_id,
      fields: { budget: '99.00' },
    })
    google.next('updateLineItems', {
      carried_out: false,
      answer: [{ type: 'ForecastError', reason: 'NO_FORECAST_YET' }],
    })
    expect(await order.send(step)).toMatchObject({ type: 'wait', reason: 'waiting_for_forecast' })
    Object.assign(order.held().orders[0] ?? {}, { status: 'PENDING_APPROVAL' })
    expect(await order.send(step)).toMatchObject({ type: 'wait', reason: 'waiting_for_approval' })
  })

  test('that is gone is a person’s to look for', async () => {
    const order = await placed([aPackage()])
    Object.assign(order.item(), { archived: true })
    const step = order.plan({
      kind: 'update_line_item',
      package_id: order.pkg.package_id,
      fields: { budget: '99.00' },
    })
    expect(await rejection(order.send(step))).toMatchObject({ class: 'needs_human', code: 'line_item_gone' })
  })

  test('is sent back with all that this adapter does not know, in its place', () => {
    const there =
      '<id>1</id><skippableAdType>ANY</skippableAdType><lineItemType>STANDARD</lineItemType>' +
      '<notes>a &lt;b&gt; c</notes><appliedLabels><labelId>5</labelId><isNegated>false</isNegated></appliedLabels>' +
      '<targeting><contentTargeting><a xsi:type="X"/></contentTargeting></targeting><creativeTargetings/>'
    const wanted =
      '<frequencyCaps><maxImpressions>1</maxImpressions></frequencyCaps><frequencyCaps/><targeting><geoTargeting/></targeting>'
    expect(changedLineItem(there, wanted, ['frequencyCaps', 'targeting'])).toBe(
      '<id>1</id><skippableAdType>ANY</skippableAdType><frequencyCaps><maxImpressions>1</maxImpressions></frequencyCaps>' +
        '<frequencyCaps/><lineItemType>STANDARD</lineItemType><notes>a &lt;b&gt; c</notes>' +
        '<appliedLabels><labelId>5</labelId><isNegated>false</isNegated></appliedLabels>' +
        '<targeting><contentTargeting><a xsi:type="X"/></contentTargeting><geoTargeting/></targeting><creativeTargetings/>',
    )
    expect(() => changedLineItem('<id>1', '', ['targeting'])).toThrow('not whole')
  })
})

describe('pausing, resuming and ending', () => {
  test('act on the line item, and are found to have', async () => {
    const order = await placed([aPackage()])
    const { package_id } = order.pkg
    for (const [kind, status] of [
      ['pause_line_item', 'PAUSED'],
      ['resume_line_item', 'INACTIVE'],
    ] as const) {
      const step = order.plan({ kind, package_id })
      expect(await order.find(step)).toEqual({ found: 'none' })
      await order.send(step)
      await order.send(step)
      expect(await order.status()).toBe(status)
      expect(await order.find(step)).toEqual({ found: 'match', external_ids: {} })
    }
  })

  test('a package or a whole order stops it and archives it', async () => {
    const order = await placed([aPackage(), aPackage()])
    await order.send(order.plan({ kind: 'cancel_line_item', package_id: order.pkg.package_id }))
    expect(order.held().items.map(({ archived }) => Boolean(archived))).toEqual([true, false])
    const step = order.plan({ kind: 'cancel_order' })
    expect(await order.find(step)).toEqual({ found: 'none' })
    await order.send(step)
    await order.send(step)
    expect(order.held().orders[0]).toMatchObject({ archived: true })
    expect(order.held().items).toMatchObject([{ archived: true }, { archived: true, paused: true }])
    expect(await order.find(step)).toEqual({ found: 'match', external_ids: {} })
  })

  test('before approval takes effect with it: what was to be paused never runs', async () => {
    const order = await placed([aPackage(), aPackage()], false)
    const { package_id } = order.pkg
    await order.do(order.plan({ kind: 'pause_line_item', package_id }))
    const approval = order.approval()
    await order.send(approval)
    expect(order.held().items.map(({ paused }) => Boolean(paused))).toEqual([true, false])
    expect(order.held().orders[0]).toMatchObject({ status: 'APPROVED' })
    // a worker that dies in between approves first and pauses at the next try
    Object.assign(order.item(), { paused: false })
    expect(await order.find(approval)).toEqual({ found: 'none' })
    await order.send(approval)
    expect(order.item()['paused']).toBe(true)
  })

  const harms: Fault[] = [
    { carried_out: true, answer: 'drop' },
    { carried_out: false, answer: 'drop' },
    { carried_out: true, answer: [{ type: 'InternalApiError', reason: 'ERROR_GENERATING_RESPONSE' }] },
  ]
  test.each(harms)('and changing ends where it should when a call met %j', async (harm) => {
    const order = await placed([{ ...aPackage(), creatives: [banner] }])
    const { package_id } = order.pkg
    const creative = { creative_id: banner.creative_id, version: banner.version }
    const changes: [Change, string][] = [
      [{ kind: 'pause_line_item', package_id }, 'performLineItemAction'],
      [{ kind: 'update_line_item', package_id, fields: { budget: '2500.00' } }, 'updateLineItems'],
      [{ kind: 'upload_creative', creative: banner }, 'createCreatives'],
      [
        { kind: 'attach_creative', package_id, creative: { ...creative, weight: null } },
        'createLineItemCreativeAssociations',
      ],
      [{ kind: 'resume_line_item', package_id }, 'performLineItemAction'],
      [{ kind: 'detach_creative', package_id, creative }, 'performLineItemCreativeAssociationAction'],
    ]
    for (const [change, operation] of changes) {
      google.next(operation, harm)
      const step = order.plan(change)
      expect(await rejection(order.send(step))).toMatchObject({ class: 'ambiguous' })
      const earlier = await order.find(step)
      const outcome = earlier.found === 'match' ? earlier : await order.send(step)
      if (!('external_ids' in outcome)) throw new Error('it was not done')
      order.done.push({ ...step, external_ids: outcome.external_ids })
    }
    expect(await order.status()).toBe('INACTIVE')
    expect((order.item()['primaryGoal'] as Thing)['units']).toBe('500000')
    const named = google.books.creatives.filter(({ name }) => String(name).includes(order.buy.media_buy_id))
    expect(named).toHaveLength(1)
    expect(
      google.books.associations.filter(({ creativeId }) => creativeId === named[0]?.['id']),
    ).toMatchObject([{ status: 'INACTIVE' }])
  })
})

describe('a creative', () => {
  test.each<[string, ApprovedCreative['assets'], ApprovedPackage['ad_server_config'], Thing]>([
    [
      'an image',
      banner.assets,
      onHomepage,
      {
        xsi_type: 'ImageRedirectCreative',
        imageUrl: 'https://cdn.example/1.png?a=1&b=2',
        destinationUrl: 'https://volta.example/',
      },
    ],
    [
      'HTML with a click address',
      {
        html: { asset_type: 'html', content: '<b>&</b>' },
        click_url: { asset_type: 'url', url: 'https://volta.example/' },
      },
      onHomepage,
      { xsi_type: 'CustomCreative', htmlSnippet: '<b>&</b>' },
    ],
    [
      'a third party’s tag',
      { tag: { asset_type: 'javascript', content: 'go()' } },
      onHomepage,
      { xsi_type: 'ThirdPartyCreative', snippet: '<script>go()</script>' },
    ],
    [
      'VAST',
      {
        vast: {
          asset_type: 'vast',
          delivery_type: 'url',
          url: 'https://ads.example/vast.xml',
          duration_ms: 15000,
        },
      },
      onHomepage,
      { xsi_type: 'VastRedirectCreative', vastXmlUrl: 'https://ads.example/vast.xml', duration: '15000' },
    ],
    [
      'a native template',
      {
        headline: { asset_type: 'text', content: 'Spring' },
        picture: { asset_type: 'image', url: 'https://cdn.example/p.png', width: 9, height: 9 },
      },
      {
        ...onHomepage,
        placeholders: [
          { creative_template_id: '10004520', variables: { Headline: 'headline', Image: 'picture' } },
        ],
      },
      {
        xsi_type: 'TemplateCreative',
        creativeTemplateId: '10004520',
        creativeTemplateVariableValues: [
          { uniqueName: 'Headline', value: 'Spring' },
          { uniqueName: 'Image', value: 'https://cdn.example/p.png' },
        ],
      },
    ],
  ])(
    'that is %s is Google’s own kind of it, and shown',
    async (_name, assets, ad_server_config, expected) => {
      const creative = { ...banner, assets }
      const order = await placed([{ ...aPackage({ ad_server_config }), creatives: [creative] }])
      await order.do(order.plan({ kind: 'upload_creative', creative }))
      const stored = google.books.creatives.at(-1)
      expect(stored).toMatchObject({ ...expected, advertiserId: '5001' })
      expect(stored?.['name']).toBe(`Spring banner [adcp:${order.buy.media_buy_id}:banner_1:a1b2]`)
      const { package_id } = order.pkg
      await order.do(
        order.plan({ kind: 'attach_creative', package_id, creative: { ...creative, weight: null } }),
      )
      expect(await order.status()).toBe('READY')
    },
  )

  test('taken off and put back is shown again, once', async () => {
    const order = await placed([{ ...aPackage(), creatives: [banner] }])
    const { package_id } = order.pkg
    await order.do(order.plan({ kind: 'upload_creative', creative: banner }))
    const attach = order.plan({ kind: 'attach_creative', package_id, creative: banner })
    const detach = order.plan({ kind: 'detach_creative', package_id, creative: banner })
    for (const step of [attach, attach, detach, detach, attach]) await order.send(step)
    expect(google.books.associations.filter(({ lineItemId }) => lineItemId === order.item()['id'])).toEqual([
      expect.objectContaining({ status: 'ACTIVE' }),
    ])
  })

  test('Google’s review objects to is put before a person', async () => {
    const order = await placed([{ ...aPackage(), creatives: [banner] }])
    const { package_id } = order.pkg
    await order.do(order.plan({ kind: 'upload_creative', creative: banner }))
    Object.assign(google.books.creatives.at(-1) ?? {}, { policyLabels: ['MALWARE_IN_CREATIVE'] })
    const step = order.plan({ kind: 'attach_creative', package_id, creative: banner })
    expect(await order.send(step)).toMatchObject({
      type: 'needs_human',
      message: expect.stringContaining('MALWARE_IN_CREATIVE'),
    })
  })

  test.each<[string, ApprovedCreative['assets']]>([
    ['inline', { vast: { asset_type: 'vast', delivery_type: 'inline', content: '<VAST/>' } }],
    ['clicked', { banner_image: banner.assets['banner_image'] }],
    ['no image', { video: { asset_type: 'video', url: 'https://cdn.example/1.mp4', width: 1, height: 1 } }],
  ])('Google has no form for is refused, and why: %s', (why, assets) => {
    const creative = { ...banner, assets }
    const buy = aBuy([{ ...aPackage(), creatives: [creative] }])
    expect(
      thrown(() => connectTo(google).planChange({ kind: 'upload_creative', creative }, buy)),
    ).toMatchObject({
      class: 'permanent',
      message: expect.stringContaining(why),
    })
  })
})

/** An order that stands, and the worker's view of it. */
async function placed(packages: ApprovedPackage[], approve = true) {
  const adapter = connectTo(google)
  const buy: ApprovedBuy = aBuy(packages)
  let wanted = buy
  const done: DoneStep[] = []
  const steps = adapter.planFulfilment(buy)
  const finish = async (step: PlannedStep) => {
    const outcome = await adapter.executeStep(step, done, call())
    if (outcome.type !== 'done') throw new Error(`${step.kind} was not done`)
    done.push({ ...step, external_ids: outcome.external_ids })
  }
  for (const step of steps) if (approve || step.kind !== 'await_approval') await finish(step)
  const held = () => heldFor(google, buy)
  const item = (): Thing => held().items[0] ?? {}
  const [pkg] = packages
  if (!pkg) throw new Error('there is no package')
  const self = {
    buy,
    pkg,
    done,
    held,
    item,
    do: finish,
    plan(change: Change): PlannedStep {
      const subject = 'creative' in change ? `:${change.creative.creative_id}:${change.creative.version}` : ''
      const package_id = 'package_id' in change ? change.package_id : null
      const external_key = `adcp:${buy.media_buy_id}${subject}`
      return { kind: change.kind, external_key, package_id, body: adapter.planChange(change, wanted) }
    },
    approval: () => steps.find(({ kind }) => kind === 'await_approval') as PlannedStep,
    send: (step: PlannedStep) => adapter.executeStep(step, done, call()),
    find: (step: PlannedStep) => adapter.reconcileStep(step, done, call()),
    async update(fields: Partial<ApprovedPackage>) {
      const { package_id } = pkg
      const changed = (one: ApprovedPackage) => (one.package_id === package_id ? { ...one, ...fields } : one)
      wanted = { ...wanted, packages: wanted.packages.map(changed) }
      await self.send(self.plan({ kind: 'update_line_item', package_id, fields }))
    },
    status: async () => String(shown(google.books, item())['status']),
  }
  return self
}
