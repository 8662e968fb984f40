import { afterAll, beforeAll } from 'vitest'
import type { ApprovedBuy } from '../../src/adapters/adapter.ts'
import { faults, startFaultProxy, type Fault, type FaultProxy } from '../support/fault_proxy.ts'
import { connectTo, heldFor, onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel, type FakeKevel } from '../support/kevel/server.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { describeAdapter } from './conformance.ts'

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

const suffering = (fault: Fault) => (buy: ApprovedBuy) => {
  proxy.next(fault)
  return buy
}
const answering = (status: number, headers = {}): Fault => ({ forward: false, answer: { status, headers } })

describeAdapter('Kevel', async () => ({
  adapter: connectTo(proxy.url, kevel.key),
  unauthorised: connectTo(proxy.url, 'SOMEBODY0ELSES0KEY'),
  secret: kevel.key,
  resending: 'books twice',
  approvedBuy: () => ({
    ...approvedBuy([aPackage({}), aPackage({ budget: '99.00' })]),
    advertiser_id: '501',
  }),
  targeting: {
    geo_countries: ['US', 'DE'],
    geo_countries_exclude: ['FR'],
    geo_regions: ['US-CA'],
    geo_regions_exclude: ['US-NY'],
    keyword_targets: [{ keyword: 'trail shoes', match_type: 'exact' }],
    negative_keywords: [{ keyword: 'high heels', match_type: 'exact' }],
    frequency_cap: { suppress: { interval: 60, unit: 'minutes' } },
  },
  // a goal has 31 bits, and no budget may be too small for one unit either
  withinLimits: (buy) => ({
    ...buy,
    packages: buy.packages.map((pkg) => ({ ...pkg, price: pkg.pricing_model === 'cpc' ? '0.01' : '10' })),
  }),
  booked: async (buy) => {
    const { campaigns, flights } = heldFor(kevel, buy)
    const cost = (flight: Record<string, unknown>) =>
      (Number(flight['Price']) * Number(flight['Impressions'])) / 1000
    return { orders: campaigns.length, budgets: flights.map((flight) => cost(flight).toFixed(2)) }
  },
  approve: async () => {},
  faults: {
    'lost answer': suffering(faults.lostAnswer),
    'turned away': suffering(answering(429, { 'retry-after': '7' })),
    refused: suffering(answering(400)),
    silence: suffering(faults.silence),
  },
}))

/** A price that divides every budget in cents, so that what is booked is the budget to the cent. */
const aPackage = (overrides: Parameters<typeof approvedPackage>[0]) =>
  approvedPackage({ price: '0.0100', ad_server_config: onHomepage, ...overrides })
