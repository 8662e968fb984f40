import { inventoryUnit, isPerThousand } from '../../adcp/inventory_unit.ts'
import type { Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'

/** What a package is promised of its product. */
export interface Hold {
  field: string
  package_id: string
  offer: Offer
  price: OfferPrice
  budget: number
  /** Agreed for it; null where it is not sold by impressions. */
  impressions: number | null
  flight: Flight
}
type Sold = Pick<Hold, 'offer' | 'price'>
const HOUR = 3_600_000
interface Day {
  day: string
  amount: number
}

/** Whether what is promised is counted day by day, because there is a limit to it or an ad server that says how much there is. */
export const isCounted = (sold: Sold) =>
  sold.offer.runs_out && (sold.offer.daily_capacity !== null || isForecast(sold))

/** Whether its ad server is asked how much of it is left. That is said in impressions, and owed only where it is guaranteed. */
export const isForecast = ({ offer, price }: Sold) =>
  offer.delivery_type === 'guaranteed' &&
  offer.capabilities?.forecasts !== undefined &&
  isPerThousand(price.pricing_model)

/** The rows that keep what these packages were promised, day by day. */
export function reservationsOf(tenant_id: string, holds: readonly Hold[]) {
  return holds.filter(isCounted).flatMap((hold) =>
    daily(hold).map((row) => ({
      tenant_id,
      product_id: hold.offer.product_id,
      package_id: hold.package_id,
      ...row,
    })),
  )
}

/** Impressions for prices per thousand, hours for a price per hour, otherwise one slot, on each UTC day the flight touches. */
export function daily({ price, impressions, flight }: Hold): Day[] {
  const mornings: Date[] = []
  const cursor = new Date(flight.start)
  cursor.setUTCHours(0, 0, 0, 0)
  for (; cursor < flight.end; cursor.setUTCDate(cursor.getUTCDate() + 1)) mornings.push(new Date(cursor))
  const amountOn = {
    impressions: () => Math.max(1, Math.ceil((impressions ?? 0) / mornings.length)),
    hours: (morning: Date) => hoursOn(morning, flight),
    slots: () => 1,
  }[inventoryUnit(price)]
  return mornings.map((morning) => ({ day: morning.toISOString().slice(0, 10), amount: amountOn(morning) }))
}

function hoursOn(morning: Date, { start, end }: Flight): number {
  const from = Math.max(start.getTime(), morning.getTime())
  const until = Math.min(end.getTime(), morning.getTime() + 24 * HOUR)
  return Math.ceil((until - from) / HOUR)
}

/** How many impressions a budget buys at a fixed price per thousand; null where the price is for something else. */
export function impressionsOf({ pricing_model, fixed_price }: OfferPrice, budget: number): number | null {
  if (!isPerThousand(pricing_model) || fixed_price === null || Number(fixed_price) === 0) return null
  // whole numbers: budget in cents, price in hundredths of a cent
  const cents = BigInt(Math.round(budget * 100))
  const price = BigInt(Math.round(Number(fixed_price) * 10_000))
  return Number((cents * 100_000n) / price)
}
