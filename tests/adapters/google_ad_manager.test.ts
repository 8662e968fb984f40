import { afterAll, beforeAll, expect } from 'vitest'
import type { ApprovedBuy } from '../../src/adapters/adapter.ts'
import { fromMicros } from '../../src/adapters/google_ad_manager/money.ts'
import { budgetOf } from '../support/google_ad_manager/line_items.ts'
import { connectTo, heldFor, onHomepage, strangersKey } from '../support/google_ad_manager/selling.ts'
import { startFakeGoogle, type FakeGoogle, type Fault } from '../support/google_ad_manager/server.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { describeAdapter } from './conformance.ts'

let google: FakeGoogle
beforeAll(async () => {
  google = await startFakeGoogle()
  google.books.minded.noForecast = 1
})
afterAll(async () => {
  expect(google.calls.filter(({ complaints }) => complaints.length > 0)).toEqual([])
  await google.close()
})

const refusing = (type: string, reason: string) =>
  suffering({ carried_out: false, answer: [{ type, reason }] })
const suffering = (fault: Fault) => (buy: ApprovedBuy) => {
  google.next('createOrders', fault)
  return buy
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
  booked: async (buy) => {
    const { orders, items } = heldFor(google, buy)
    return { orders: orders.length, budgets: items.map((item) => fromMicros(budgetOf(item))) }
  },
  approve: async () => {}, // its forecast is there the second time it is asked
  faults: {
    'lost answer': suffering({ carried_out: true, answer: 'drop' }),
    'turned away': refusing('QuotaError', 'EXCEEDED_QUOTA'),
    refused: refusing('StringLengthError', 'TOO_LONG'),
    silence: suffering({ carried_out: false, answer: 'silence' }),
  },
}))

/** A price that divides every budget in cents, so that what is booked is the budget to the cent. */
const aPackage = (overrides: Parameters<typeof approvedPackage>[0]) =>
  approvedPackage({ price: '0.0100', ad_server_config: onHomepage, ...overrides })
