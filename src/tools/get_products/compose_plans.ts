import { percentages } from '../../adcp/shares.ts'
import type { OfferPrice } from '../../commands/media_buy_terms/offer.ts'
import type { Flight } from '../../commands/media_buy_terms/flight.ts'
import {
  asDraft,
  bidFor,
  leastSpend,
  type Owner,
  type Plan,
  type PlanItem,
  type Plannable,
} from '../../commands/proposals/plan.ts'
import { shortfalls } from '../../capabilities.ts'
import type { Amount } from './read_budget.ts'

/** A product of the answer, how well it fits and why. */
export interface Fit {
  offer: Plannable
  score: number
  why: string
}
/** What the buyer wants to spend, in which currencies at all, and when. */
export interface Wish {
  budget: Amount | undefined
  currencies: readonly string[]
  flight: Flight | null
}
interface Candidate extends Fit {
  price: OfferPrice
  bid_price: string | null
}

/** More products make a plan nobody can follow. */
const MOST = 4
/** No product gets less, in percent: it would not be seen. */
const LEAST_SHARE = 10

/**
 * Drafts of how a budget could be spent on the products that fit: one plan over different channels, and one that puts
 * everything on the best product. Each product's share is enough to buy it. None where nothing can be afforded.
 */
export function composePlans(fits: readonly Fit[], wish: Wish, owner: Owner, now: Date): Plan[] {
  const currency = wish.budget?.currency ?? commonCurrency(fits, wish.currencies)
  const candidates = varied(fits.flatMap((fit) => candidateIn(fit, currency)))
  const mixed = planOf(candidates, currency, wish)
  const [best] = candidates
  const focused = best && candidates.length > 1 ? planOf([best], currency, wish) : undefined
  const plans = [mixed, focused].filter((plan) => plan !== undefined)
  const distinct = plans.length === 2 && plans[0]?.items.length === 1 ? plans.slice(0, 1) : plans
  return distinct.map((plan) => asDraft(plan, owner, now))
}

/** The currency most of these products are sold in; the publisher's first of equals. */
function commonCurrency(fits: readonly Fit[], currencies: readonly string[]): string {
  const counts = currencies.map((currency) => ({
    currency,
    count: fits.filter((fit) => candidateIn(fit, currency).length > 0).length,
  }))
  return counts.reduce((best, other) => (other.count > best.count ? other : best)).currency
}

/** The first price in this currency that a plan can name and the product's ad server can book. */
export function candidateIn(fit: Fit, currency: string): Candidate[] {
  for (const price of fit.offer.pricing_options) {
    const bid_price = bidFor(price)
    if (price.currency === currency && bid_price !== undefined && isBookable(fit.offer, price))
      return [{ ...fit, price, bid_price }]
  }
  return []
}

function isBookable(
  { archived, capabilities, delivery_type }: Plannable,
  { pricing_model, fixed_price }: OfferPrice,
) {
  if (archived || !capabilities) return false
  const bids = fixed_price === null
  const demand = {
    pricing_model,
    delivery_type,
    bids,
    pacing: 'even',
    own_flight: false,
    targeting: [],
  } as const
  return shortfalls(capabilities, demand).length === 0
}

/** The best of each channel before the second of any. */
function varied(candidates: readonly Candidate[]): Candidate[] {
  const seen = new Map<string, number>()
  const ranked = candidates.map((candidate, i) => {
    const channel = candidate.offer.channels.join(' ')
    const earlier = seen.get(channel) ?? 0
    seen.set(channel, earlier + 1)
    return { candidate, i, earlier }
  })
  ranked.sort((one, other) => one.earlier - other.earlier || one.i - other.i)
  return ranked.slice(0, MOST).map(({ candidate }) => candidate)
}

function planOf(chosen: readonly Candidate[], currency: string, { budget, flight }: Wish) {
  const amount = budget?.amount
  let candidates = [...chosen]
  while (candidates.length > 0) {
    const floors = candidates.map(({ price }) => {
      const needed = amount === undefined ? 0 : Math.ceil((leastSpend(price, flight) * 100) / amount)
      return Math.max(candidates.length === 1 ? 100 : LEAST_SHARE, needed)
    })
    const shares = percentages(
      candidates.map(({ score }) => score),
      floors,
    )
    if (shares) return { ...describe(candidates, shares), currency, budget: amount ?? null, flight }
    // the one that takes most of the budget only to be bought at all makes way
    const dearest = floors.lastIndexOf(Math.max(...floors))
    candidates = candidates.filter((_, i) => i !== dearest)
  }
  return undefined
}

function describe(candidates: readonly Candidate[], shares: readonly number[]) {
  const items = candidates.map(({ offer, price, bid_price, why }, i): PlanItem => ({
    product_id: offer.product_id,
    product_name: offer.name,
    percent: shares[i] ?? 0,
    price,
    bid_price,
    rationale: why,
  }))
  return { items, ...titleOf(items) }
}

/** What a plan is called and says of itself. */
export function titleOf(items: readonly PlanItem[]): { name: string; description: string } {
  const names = items.map(({ product_name }) => product_name)
  const name =
    names.length === 1 ? `Everything on ${names[0]}` : `Balanced plan over ${names.length} products`
  const parts = items.map(({ product_name, percent }) => `${percent}% ${product_name}`)
  return { name: name.slice(0, 500), description: `${parts.join(', ')}.`.slice(0, 2000) }
}
