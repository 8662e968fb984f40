import { post, toolCall, type Target } from './load.ts'

/** What buyers ask for, in their words. */
export const briefs = [
  'video for hikers in Germany, 20000 EUR',
  'podcast about travel',
  'display ads on news pages in Spain for a bank',
  'sponsorship of a newsletter for cyclists',
  'reach families in Austria who like gardening',
]

/** An account may make sixty new requests a second, and no buyer's agent buys for one brand alone. */
export const BRANDS = 100

let serial = 0
/** A purchase nobody has made before, of a product that needs no person; for one brand after the other unless told which. */
export function aBuy(of = ++serial % BRANDS) {
  const brand = { domain: `brand-${of}.example` }
  const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
  return {
    idempotency_key: `bench-${process.pid}-${Date.now()}-${String(++serial).padStart(8, '0')}`,
    account: { brand, operator: 'pinnacle-agency.example' },
    brand,
    start_time: inDays(14),
    end_time: inDays(35),
    packages: [
      {
        product_id: 'trail_display_run_of_site',
        pricing_option_id: 'cpm_eur_auction',
        budget: 4000,
        bid_price: 5,
      },
    ],
  }
}

/** The same where the product has a fixed price. */
export function aFixedBuy() {
  const { packages, ...buy } = aBuy()
  return { ...buy, packages: packages.map((item) => ({ ...item, bid_price: undefined })) }
}

/** Buys, and gives the id of what was bought. */
export async function bought(target: Target, buy: object = aBuy()): Promise<string> {
  const answer = JSON.parse(await post(target, '', toolCall('create_media_buy', buy))) as {
    result: { structuredContent: { media_buy_id: string } }
  }
  return answer.result.structuredContent.media_buy_id
}
