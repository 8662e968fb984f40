import { productFingerprint, optionFingerprint, draftId } from '../../adcp/draft_id.ts'
import { wholePrice } from '../media_buy_terms/duration.ts'
import type { Flight } from '../media_buy_terms/flight.ts'
import type { Offer, OfferPrice } from '../media_buy_terms/offer.ts'

/** One product of a plan, its share of the budget in percent and what it costs. */
export interface PlanItem {
  product_id: string
  product_name: string
  percent: number
  price: OfferPrice
  /** What the plan bids where the price is an auction. */
  bid_price: string | null
  rationale: string
}
/** How a budget is best spent on several products. Shares add up to 100; one currency. */
export interface Plan {
  proposal_id: string
  name: string
  description: string
  currency: string
  /** Null where the buyer has not said. */
  budget: number | null
  flight: Flight | null
  items: PlanItem[]
  expires_at: Date
  brief_alignment?: string
}
/** What a plan is made of. */
export type Plannable = Pick<
  Offer,
  'product_id' | 'name' | 'channels' | 'delivery_type' | 'archived' | 'capabilities' | 'pricing_options'
>
export interface Owner {
  tenant_id: string
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

const DAY = 86_400_000
/** How long the prices of a draft are worth looking at. */
const DRAFT_DAYS = 14

const dayOf = (date: Date) => Math.floor(date.getTime() / DAY)

/** The flight from the first to the end of the last of these days, UTC. */
export function flightOfDays(start: number | null, end: number | null): Flight | null {
  if (start === null || end === null) return null
  return { start: new Date(start * DAY), end: new Date((end + 1) * DAY) }
}

/** When a draft made on this day is out of date. */
export const draftExpiry = (issued: number) => new Date((issued + DRAFT_DAYS) * DAY)

/** A plan as a draft of this buyer: its id says all there is to it. */
export function asDraft(plan: Omit<Plan, 'proposal_id' | 'expires_at'>, owner: Owner, now: Date): Plan {
  const { flight, items } = plan
  const budget = plan.budget === null ? null : Math.min(Math.floor(plan.budget), 4e9)
  const issued = dayOf(now)
  const terms = {
    issued,
    start: flight && dayOf(flight.start),
    end: flight && dayOf(flight.end) - 1,
    budget,
    items: items.map(({ product_id, price, percent }) => ({
      product: productFingerprint(product_id),
      option: optionFingerprint(price.pricing_option_id),
      percent,
    })),
  }
  return { ...plan, budget, proposal_id: draftId(terms, owner), expires_at: draftExpiry(issued) }
}

/** What a plan bids: nothing at a fixed price; the middle of what others pay, or the floor; undefined where neither is known. */
export function bidFor({ fixed_price, floor_price, price_guidance }: OfferPrice): string | null | undefined {
  if (fixed_price !== null) return null
  const middle = price_guidance?.['p50']
  const floor = Number(floor_price ?? 0)
  if (middle !== undefined && middle >= floor) return String(middle)
  return floor > 0 ? String(floor) : undefined
}

/** The least a product can be bought for at this price. Without a flight, in its shortest. */
export function leastSpend(price: OfferPrice, flight: Flight | null): number {
  const { fixed_price, pricing_model, min_duration, min_spend_per_package } = price
  const shortest =
    pricing_model === 'flat_rate' || pricing_model === 'time'
      ? Number(fixed_price ?? 0) * (pricing_model === 'time' ? (min_duration ?? 1) : 1)
      : 0
  return Math.max(Number(min_spend_per_package ?? 0), flight ? wholePrice(price, flight) : shortest)
}

/** The smallest whole budget of which each product's share is enough to buy it. */
export function leastBudget({ items, flight }: Pick<Plan, 'items' | 'flight'>): number {
  return Math.max(
    1,
    ...items.map(({ price, percent }) =>
      Math.ceil(Number(((leastSpend(price, flight) * 100) / percent).toFixed(6))),
    ),
  )
}
