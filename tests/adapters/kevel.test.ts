import { afterAll, beforeAll } from 'vitest'
import type { ApprovedBuy, Change } from '../../src/adapters/adapter.ts'
import { faults, startFaultProxy, type Fault, type FaultProxy } from '../support/fault_proxy.ts'
import { connectTo, heldFor, onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel, type FakeKevel } from '../support/kevel/server.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import { describeAdapter, type Booked } from './conformance.ts'

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

const answering = (status: number, headers = {}): Fault => ({ forward: false, answer: { status, headers } })
const harms = {
  'lost answer': faults.lostAnswer,
  'turned away': answering(429, { 'retry-after': '7' }),
  refused: answering(400),
  silence: faults.silence,
} satisfies Record<string, Fault>
const suffering = (fault: Fault, method: 'POST' | 'PUT') => (buy: ApprovedBuy) => {
  proxy.next(fault, method)
  return buy
}
const makes = (kind: Change['kind']) => kind === 'upload_creative' || kind === 'attach_creative'

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
  creative: banner,
  booked,
  approve: async () => {},
  faults: {
    'lost answer': suffering(harms['lost answer'], 'POST'),
    'turned away': suffering(harms['turned away'], 'POST'),
    refused: suffering(harms.refused, 'POST'),
    silence: suffering(harms.silence, 'POST'),
  },
  breakChange: (kind, fault, buy) => suffering(harms[fault], makes(kind) ? 'POST' : 'PUT')(buy),
}))

async function booked(buy: ApprovedBuy): Promise<Booked> {
  const { campaigns, flights, ads } = heldFor(kevel, buy)
  const over = campaigns.some(({ IsArchived }) => IsArchived)
  return {
    orders: campaigns.length,
    line_items: flights.map(({ IsActive, IsArchived, ...facts }) => ({
      budget: ((Number(facts['Price']) * Number(facts['Impressions'])) / 1000).toFixed(2),
      state: over || IsArchived ? 'canceled' : IsActive ? 'running' : 'paused',
      shows: ads
        .filter((ad) => ad['FlightId'] === facts.Id && ad['IsActive'])
        .map((ad) => ({ creative: String((ad['Creative'] as { Id: number }).Id), weight: null })),
      facts,
    })),
    creatives: kevel.books.creatives.filter(({ Title }) => String(Title).includes(buy.media_buy_id)).length,
  }
}

/** A price that divides every budget in cents, so that what is booked is the budget to the cent. */
const aPackage = (overrides: Parameters<typeof approvedPackage>[0]) =>
  approvedPackage({ price: '0.0100', ad_server_config: onHomepage, ...overrides })
