import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ApprovedBuy, Change } from '../../src/adapters/adapter.ts'
import { fromMicros } from '../../src/adapters/google_ad_manager/money.ts'
import { budgetOf } from '../support/google_ad_manager/line_items.ts'
import type { Thing } from '../support/google_ad_manager/objects.ts'
import { connectTo, heldFor, onHomepage, strangersKey } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import { describeAdapter, type Booked } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
  google.books.minded.noForecast = 1
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const refusing = (type: string, reason: string): Fault => ({
  carried_out: false,
  answer: [{ type, reason }],
})
const faults = {
  'lost answer': { carried_out: true, answer: 'drop' },
  'turned away': refusing('QuotaError', 'EXCEEDED_QUOTA'),
  refused: refusing('StringLengthError', 'TOO_LONG'),
  silence: { carried_out: false, answer: 'silence' },
} satisfies Record<string, Fault>
const suffering = (fault: Fault, operation: string) => (buy: ApprovedBuy) => {
  google.next(operation, fault)
  return buy
}
/** The operation by which each kind of change is made, or begins to be. */
const operations: Record<Change['kind'], string> = {
  cancel_order: 'performOrderAction',
  pause_line_item: 'performLineItemAction',
  resume_line_item: 'performLineItemAction',
  cancel_line_item: 'performLineItemAction',
  update_line_item: 'updateLineItems',
  upload_creative: 'createCreatives',
  attach_creative: 'createLineItemCreativeAssociations',
  detach_creative: 'performLineItemCreativeAssociationAction',
}

describeAdapter('Google Ad Manager', async () => ({
  adapter: connectTo(google),
  unauthorised: connectTo(google, {}, await strangersKey(google)),
  secret: google.token,
  resending: 'books twice',
  approvedBuy: () => ({
    ...approvedBuy([aPackage({}), aPackage({ budget: '99.00' })]),
    advertiser_id: '5001',
  }),
  targeting: {
    geo_countries: ['US', 'DE'],
    geo_countries_exclude: ['FR'],
    geo_regions: ['US-CA'],
    geo_regions_exclude: ['US-NY'],
    geo_metros: [{ system: 'nielsen_dma', values: ['501'] }],
    geo_metros_exclude: [{ system: 'nielsen_dma', values: ['803'] }],
    geo_postal_areas: [{ system: 'us_zip', values: ['10001'] }],
    geo_postal_areas_exclude: [{ country: 'DE', system: 'plz', values: ['80331'] }],
    daypart_targets: [{ days: ['monday'], start_hour: 6, end_hour: 10 }],
    frequency_cap: { suppress: { interval: 60, unit: 'minutes' } },
    device_type: ['mobile'],
    device_type_exclude: ['ctv'],
    device_platform: ['ios'],
    language: ['de'],
  },
  creative: banner,
  booked,
  approve: async () => {}, // its forecast is there the second time it is asked
  faults: {
    'lost answer': suffering(faults['lost answer'], 'createOrders'),
    'turned away': suffering(faults['turned away'], 'createOrders'),
    refused: suffering(faults.refused, 'createOrders'),
    silence: suffering(faults.silence, 'createOrders'),
  },
  forecasting: {
    buy: () => {
      const impressions = { price: '5.0000', budget: '1550.00', impressions: 310_000 }
      return { ...approvedBuy([aPackage(impressions), aPackage(impressions)]), advertiser_id: '5001' }
    },
    silence: () => google.next('getAvailabilityForecast', faults.silence),
  },
  breakChange: (kind, fault, buy) => suffering(faults[fault], operations[kind])(buy),
}))

test('a connection says where Google shows an order to people', () => {
  const { order_page } = connectTo(google, { network_code: '4711' }).capabilities
  expect(order_page).toBe('https://admanager.google.com/4711#delivery/order/order_overview/order_id={order}')
})

async function booked(buy: ApprovedBuy): Promise<Booked> {
  const { orders, items } = heldFor(google, buy)
  const isMine = ({ name }: Thing) => String(name).includes(`[adcp:${buy.media_buy_id}:`)
  return {
    orders: orders.length,
    line_items: items.map((item) => {
      const { paused, archived, ...facts } = item
      return {
        budget: fromMicros(budgetOf(item)),
        state: archived ? 'canceled' : paused ? 'paused' : 'running',
        shows: google.books.associations
          .filter(({ lineItemId, status }) => lineItemId === item['id'] && status === 'ACTIVE')
          .map(({ creativeId }) => ({ creative: String(creativeId), weight: null })),
        facts,
      }
    }),
    creatives: google.books.creatives.filter(isMine).length,
  }
}

/** A price that divides every budget in cents, so that what is booked is the budget to the cent. */
const aPackage = (overrides: Parameters<typeof approvedPackage>[0]) =>
  approvedPackage({ price: '0.0100', ad_server_config: onHomepage, ...overrides })
