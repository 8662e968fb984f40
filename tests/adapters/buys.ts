import fc from 'fast-check'
import type { ApprovedBuy, ApprovedCreative, ApprovedPackage } from '../../src/adapters/adapter.ts'
import type { Capabilities } from '../../src/capabilities.ts'
import { newId } from '../../src/ids.ts'

const flight = { start_time: '2027-03-01T00:00:00.000Z', end_time: '2027-03-31T23:59:59.000Z' }

/** A package any ad server can sell: CPM, no targeting, fixed price. */
export function approvedPackage(overrides: Partial<ApprovedPackage> = {}): ApprovedPackage {
  return {
    package_id: newId('pkg'),
    product_id: 'homepage_takeover',
    product_name: 'Homepage takeover',
    delivery_type: 'guaranteed',
    pricing_model: 'cpm',
    price: '35.0000',
    bid_price: null,
    budget: '1250.50',
    impressions: paidFor(overrides),
    pacing: 'even',
    ...flight,
    targeting_overlay: {},
    paused: false,
    creatives: [],
    ad_server_config: {},
    sizes: [],
    ...overrides,
  }
}

const paidFor = ({ budget = '1250.50', price = '35.0000' }: Partial<ApprovedPackage>) =>
  price === null ? null : Math.floor((Number(budget) * 1000) / Number(price))

/** An image that most ad servers can show. */
export const banner: ApprovedCreative = {
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

/** A buy with those packages, never the same one twice. */
export function approvedBuy(packages: ApprovedPackage[]): ApprovedBuy {
  return {
    media_buy_id: newId('mb'),
    revision: 1,
    name: 'Volta spring launch',
    advertiser_id: 'adv_volta',
    brand_domain: 'volta.example',
    currency: 'USD',
    total_budget: (packages.reduce((sum, { budget }) => sum + Number(budget) * 100, 0) / 100).toFixed(2),
    po_number: 'PO-7',
    ...flight,
    packages,
  }
}

/** Buys like this one that an ad server with these capabilities can sell, targeted by `examples` where it takes no other. */
export function buysLike(
  buy: ApprovedBuy,
  capabilities: Capabilities,
  examples?: Readonly<Record<string, unknown>>,
): fc.Arbitrary<ApprovedBuy> {
  const [first] = buy.packages
  if (!first) throw new Error('a buy to start from needs a package')
  const cents = fc.integer({ min: 1, max: 999_999_999 }).map((amount) => (amount / 100).toFixed(2))
  const pkg = fc.record({
    package_id: fc.uuid(),
    delivery_type: fc.constantFrom(...capabilities.delivery_types),
    pricing_model: fc.constantFrom(...capabilities.pricing_models),
    budget: cents,
    impressions: fc.option(fc.integer({ min: 1, max: 2 ** 31 - 1 })),
    targeting_overlay: examples ? subsetOf(examples) : targeting(capabilities),
  })
  const packages = fc.uniqueArray(pkg, {
    minLength: 1,
    maxLength: 4,
    selector: ({ package_id }) => package_id,
  })
  return fc
    .record({ name: fc.string(), po_number: fc.option(fc.string()), total_budget: cents, packages })
    .map((changes) => ({
      ...buy,
      ...changes,
      packages: changes.packages.map((one) => ({ ...first, ...one })),
    }))
}

function subsetOf(examples: Readonly<Record<string, unknown>>): fc.Arbitrary<Record<string, unknown>> {
  return fc.subarray(Object.entries(examples), { maxLength: 1 }).map((entries) => Object.fromEntries(entries))
}

function targeting(capabilities: Capabilities): fc.Arbitrary<Record<string, unknown>> {
  const plain = { noNullPrototype: true }
  const value = fc.array(fc.record({ value: fc.string(), weight: fc.nat() }, plain), {
    minLength: 1,
    maxLength: 2,
  })
  if (capabilities.targeting.length === 0) return fc.constant({})
  return fc.dictionary(fc.constantFrom(...capabilities.targeting), value, plain)
}

/** The same value with the keys of every object in it the other way round. */
export function reverseKeys<T>(value: T): T {
  if (Array.isArray(value)) return value.map(reverseKeys) as T
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).map(([key, one]) => [key, reverseKeys(one)] as const)
  return Object.fromEntries(entries.reverse()) as T
}
