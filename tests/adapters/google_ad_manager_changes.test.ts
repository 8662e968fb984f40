import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Change } from '../../src/adapters/adapter.ts'
import { changedLineItem } from '../../src/adapters/google_ad_manager/whole_line_item.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { aPackage } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { banner } from './buys.ts'
import { rejection } from './conformance.ts'
import { placed } from './placed_on_google.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

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
    const order = await placed(google, [aPackage({ targeting_overlay: { geo_countries: ['US'] } })])
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
    const order = await placed(google, [
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
    const order = await placed(google, [aPackage({ pricing_model: 'flat_rate', budget: '3100.00' })])
    await order.update({ end_time: '2027-03-11T05:00:00.000Z' })
    expect((order.item()['costPerUnit'] as Thing)['microAmount']).toBe('310000000')
  })

  test('is found to stand as changed, and not before', async () => {
    const order = await placed(google, [aPackage()])
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
    const order = await placed(google, [aPackage()])
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
    const order = await placed(google, [aPackage()])
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
    const order = await placed(google, [aPackage()])
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
    const order = await placed(google, [aPackage(), aPackage()])
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
    const order = await placed(google, [aPackage(), aPackage()], false)
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
    const order = await placed(google, [{ ...aPackage(), creatives: [banner] }])
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
