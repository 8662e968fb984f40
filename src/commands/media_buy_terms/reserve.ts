import { sql } from 'kysely'
import type { Problem } from '../../adcp/error.ts'
import type { Trx } from '../../db/database.ts'
import type { PricingModel } from '../../db/schema.ts'
import type { Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'

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
const HOUR = 3_600_000
interface Day {
  day: string
  amount: number
}

/**
 * Which guaranteed packages want more than their product has left on some day, beside what was bought and what proposals hold.
 * Locks the products in one order, so that two buys cannot both take the last of it. What these packages hold so far counts as
 * theirs; the caller writes the reservations in
 * the same transaction.
 */
export async function availabilityProblems(
  trx: Trx,
  tenantId: string,
  holds: readonly Hold[],
  now: Date,
): Promise<Problem[]> {
  const limited = holds.filter(({ offer }) => offer.daily_capacity !== null)
  if (limited.length === 0) return []
  const ids = [...new Set(limited.map(({ offer }) => offer.product_id))].sort()
  await trx
    .selectFrom('products')
    .select('product_id')
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', ids)
    .orderBy('product_id')
    .forNoKeyUpdate()
    .execute()
  const held = await readHeld(trx, tenantId, ids, limited, now)
  const own = await readOwn(trx, limited)
  return limited.flatMap((hold) => {
    const capacity = Number(hold.offer.daily_capacity)
    const full: string[] = []
    for (const { day, amount } of daily(hold)) {
      const key = `${hold.offer.product_id} ${day}`
      const total = (held.get(key) ?? 0) + amount
      held.set(key, total)
      // what a package holds already stays its own, even where less is on sale by now
      if (total > capacity && amount > (own.get(`${hold.package_id} ${day}`) ?? 0)) full.push(day)
    }
    return full.length > 0 ? [soldOut(hold, full)] : []
  })
}

/** The rows that keep what these packages were promised, day by day. */
export function reservationsOf(tenant_id: string, holds: readonly Hold[]) {
  return holds
    .filter(({ offer }) => offer.daily_capacity !== null)
    .flatMap((hold) =>
      daily(hold).map((row) => ({
        tenant_id,
        product_id: hold.offer.product_id,
        package_id: hold.package_id,
        ...row,
      })),
    )
}

/** Impressions for prices per thousand, hours for a price per hour, otherwise one slot, on each UTC day the flight touches. */
function daily({ price, impressions, flight }: Hold): Day[] {
  const mornings: Date[] = []
  const cursor = new Date(flight.start)
  cursor.setUTCHours(0, 0, 0, 0)
  for (; cursor < flight.end; cursor.setUTCDate(cursor.getUTCDate() + 1)) mornings.push(new Date(cursor))
  return mornings.map((morning) => ({
    day: morning.toISOString().slice(0, 10),
    amount:
      price.time_unit === 'hour' ? hoursOn(morning, flight) : spread(price, impressions, mornings.length),
  }))
}

function hoursOn(morning: Date, { start, end }: Flight): number {
  const from = Math.max(start.getTime(), morning.getTime())
  const until = Math.min(end.getTime(), morning.getTime() + 24 * HOUR)
  return Math.ceil((until - from) / HOUR)
}

function spread({ pricing_model }: OfferPrice, impressions: number | null, days: number): number {
  return perThousand(pricing_model) ? Math.max(1, Math.ceil((impressions ?? 0) / days)) : 1
}

/** How many impressions a budget buys at a fixed price per thousand; null where the price is for something else. */
export function impressionsOf({ pricing_model, fixed_price }: OfferPrice, budget: number): number | null {
  if (!perThousand(pricing_model) || fixed_price === null || Number(fixed_price) === 0) return null
  // whole numbers: budget in cents, price in hundredths of a cent
  const cents = BigInt(Math.round(budget * 100))
  const price = BigInt(Math.round(Number(fixed_price) * 10_000))
  return Number((cents * 100_000n) / price)
}

const perThousand = (model: PricingModel) => model === 'cpm' || model === 'vcpm'

/** What these packages hold so far, by package and day. */
async function readOwn(trx: Trx, holds: readonly Hold[]): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('reservations')
    .select(['package_id', 'day', 'amount'])
    .where('package_id', 'in', idsOf(holds))
    .where('released_at', 'is', null)
    .execute()
  return new Map(rows.map(({ package_id, day, amount }) => [`${package_id} ${day}`, Number(amount)]))
}

const idsOf = (holds: readonly Hold[]) => holds.map(({ package_id }) => package_id)

/** What all other packages hold, by product and day. */
async function readHeld(
  trx: Trx,
  tenantId: string,
  productIds: string[],
  holds: readonly Hold[],
  now: Date,
): Promise<Map<string, number>> {
  const flights = holds.map(({ flight }) => flight)
  const day = (times: number[], choose: (...times: number[]) => number) =>
    new Date(choose(...times)).toISOString().slice(0, 10)
  const first = day(
    flights.map(({ start }) => start.getTime()),
    Math.min,
  )
  const last = day(
    flights.map(({ end }) => end.getTime()),
    Math.max,
  )
  const bought = trx
    .selectFrom('reservations')
    .select(['product_id', 'day', 'amount'])
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', productIds)
    .where('released_at', 'is', null)
    .where('package_id', 'not in', idsOf(holds))
    .where('day', '>=', first)
    .where('day', '<=', last)
  const promised = trx
    .selectFrom('proposal_holds')
    .select(['product_id', 'day', 'amount'])
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', productIds)
    .where('expires_at', '>', now)
    .where('day', '>=', first)
    .where('day', '<=', last)
  const rows = await trx
    .selectFrom(bought.unionAll(promised).as('held'))
    .select(['product_id', 'day', sql<string>`sum(amount)`.as('amount')])
    .groupBy(['product_id', 'day'])
    .execute()
  return new Map(rows.map(({ product_id, day, amount }) => [`${product_id} ${day}`, Number(amount)]))
}

function soldOut({ field, offer }: Hold, full: string[]): Problem {
  const days =
    full.length > 3 ? `${full.slice(0, 3).join(', ')} and ${full.length - 3} more days` : full.join(', ')
  return {
    code: 'PRODUCT_UNAVAILABLE',
    message: `${offer.name} has not enough left on ${days}.`,
    field: `${field}.budget`,
    suggestion: 'Lower the budget, move the dates, or choose another product.',
  }
}
