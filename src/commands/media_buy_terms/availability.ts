import type { Problem } from '../../adcp/error.ts'
import type { Trx } from '../../db/database.ts'
import { daily, isCounted, isForecast, type Hold } from './reserve.ts'
import { lockRoom, type Room } from './room.ts'
import { quoted } from '../../adcp/quoted.ts'

export interface Availability {
  problems: Problem[]
  /** Products of which nobody knows whether enough is left, and the publisher wants a person to decide. */
  unsure: string[]
}
const HOUR = 3_600_000

/**
 * Whether packages can be promised what they want of their products on each day, beside what was bought and what proposals hold.
 * Locks the products. What these packages hold so far counts as theirs; the caller writes the reservations in the same transaction.
 */
export async function checkAvailability(
  trx: Trx,
  tenantId: string,
  holds: readonly Hold[],
  now: Date,
): Promise<Availability> {
  const counted = holds.filter(isCounted)
  if (counted.length === 0) return { problems: [], unsure: [] }
  const policy = await trx
    .selectFrom('tenants')
    .select(['stale_forecast', 'forecast_max_age_hours'])
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  const room = await lockRoom(trx, tenantId, counted, now)
  const oldest = new Date(now.getTime() - policy.forecast_max_age_hours * HOUR)
  const checked = counted.map((hold) => ({ hold, ...take(room, hold, oldest) }))
  const guesses = checked.filter(({ unknown }) => unknown.length > 0)
  return {
    problems: checked.flatMap(({ hold, full, unknown }) => [
      ...(full.length > 0 ? [soldOut(hold, full)] : []),
      ...(unknown.length > 0 && policy.stale_forecast === 'refuse' ? [notKnown(hold, unknown, room)] : []),
    ]),
    unsure: policy.stale_forecast === 'ask_person' ? guesses.map(({ hold }) => hold.offer.name) : [],
  }
}

/** Takes what a package wants, and says on which days it is more than there is, and on which nobody knows. */
function take(room: Room, hold: Hold, oldest: Date): { full: string[]; unknown: string[] } {
  const { product_id, daily_capacity } = hold.offer
  const forecast = isForecast(hold)
  const as_of = room.asOf.get(product_id)
  const stale = as_of === undefined || as_of < oldest
  const full: string[] = []
  const unknown: string[] = []
  for (const { day, amount } of daily(hold)) {
    const key = `${product_id} ${day}`
    const total = (room.held.get(key) ?? 0) + amount
    room.held.set(key, total)
    // what a package holds already stays its own, even where less is on sale by now
    if (amount <= (room.own.get(`${hold.package_id} ${day}`) ?? 0)) continue
    const forecastCapacity = forecast ? room.forecast.get(key) : undefined
    const capacity = Math.min(Number(daily_capacity ?? Infinity), forecastCapacity ?? Infinity)
    if (total > capacity) full.push(day)
    else if (forecast && (stale || forecastCapacity === undefined)) unknown.push(day)
  }
  return { full, unknown }
}

function soldOut({ field, offer }: Hold, full: readonly string[]): Problem {
  return {
    code: 'PRODUCT_UNAVAILABLE',
    message: `${quoted(offer.name)} has not enough left on ${spell(full)}.`,
    field: `${field}.budget`,
    suggestion: 'Lower the budget, move the dates, or choose another product.',
  }
}

function notKnown({ field, offer }: Hold, unknown: readonly string[], { asOf }: Room): Problem {
  const as_of = asOf.get(offer.product_id)
  const last = as_of ? `; the last forecast is of ${as_of.toISOString().slice(0, 16)}Z` : ''
  return {
    code: 'PRODUCT_UNAVAILABLE',
    message: `How much of ${quoted(offer.name)} is left on ${spell(unknown)} is not known at present${last}.`,
    field: `${field}.product_id`,
    suggestion: 'Try again in a few hours, choose earlier dates or another product, or ask the publisher.',
  }
}

const spell = (days: readonly string[]) =>
  days.length > 3 ? `${days.slice(0, 3).join(', ')} and ${days.length - 3} more days` : days.join(', ')
