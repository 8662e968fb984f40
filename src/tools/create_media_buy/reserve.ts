import { sql } from 'kysely'
import type { Problem } from '../../adcp/error.ts'
import type { Trx } from '../../db/database.ts'
import type { Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'

export interface Hold {
  field: string
  package_id: string
  offer: Offer
  price: OfferPrice
  budget: number
  flight: Flight
}
interface Day {
  day: string
  amount: number
}

/**
 * Which guaranteed packages want more than their product has left on some day. Locks the products in one order, so that two
 * buys cannot both take the last of it; the caller inserts the reservations in the same transaction.
 */
export async function availabilityProblems(
  trx: Trx,
  tenantId: string,
  holds: readonly Hold[],
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
    .forUpdate()
    .execute()
  const held = await readHeld(
    trx,
    tenantId,
    ids,
    limited.map(({ flight }) => flight),
  )
  return limited.flatMap((hold) => {
    const capacity = Number(hold.offer.daily_capacity)
    const full: string[] = []
    for (const { day, amount } of daily(hold)) {
      const key = `${hold.offer.product_id} ${day}`
      const total = (held.get(key) ?? 0) + amount
      held.set(key, total)
      if (total > capacity) full.push(day)
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

/** Impressions for prices per thousand, otherwise one slot; the days are UTC days the flight touches. */
function daily({ price, budget, flight }: Hold): Day[] {
  const days: string[] = []
  const cursor = new Date(flight.start)
  cursor.setUTCHours(0, 0, 0, 0)
  for (; cursor < flight.end; cursor.setUTCDate(cursor.getUTCDate() + 1))
    days.push(cursor.toISOString().slice(0, 10))
  const amount = Math.max(1, Math.ceil((impressionsOf(price, budget) ?? days.length) / days.length))
  return days.map((day) => ({ day, amount }))
}

/** How many impressions a budget buys at a fixed price per thousand; null where the price is for something else. */
export function impressionsOf({ pricing_model, fixed_price }: OfferPrice, budget: number): number | null {
  const perThousand = pricing_model === 'cpm' || pricing_model === 'vcpm'
  if (!perThousand || fixed_price === null || Number(fixed_price) === 0) return null
  return Math.floor((budget / Number(fixed_price)) * 1000)
}

async function readHeld(
  trx: Trx,
  tenantId: string,
  productIds: string[],
  flights: Flight[],
): Promise<Map<string, number>> {
  const day = (times: number[], choose: (...times: number[]) => number) =>
    new Date(choose(...times)).toISOString().slice(0, 10)
  const rows = await trx
    .selectFrom('reservations')
    .select(['product_id', 'day', sql<string>`sum(amount)`.as('amount')])
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', productIds)
    .where('released_at', 'is', null)
    .where(
      'day',
      '>=',
      day(
        flights.map(({ start }) => start.getTime()),
        Math.min,
      ),
    )
    .where(
      'day',
      '<=',
      day(
        flights.map(({ end }) => end.getTime()),
        Math.max,
      ),
    )
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
