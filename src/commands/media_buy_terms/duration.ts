import type { Problem } from '../../adcp/error.ts'
import { daysOf, type Flight } from './flight.ts'
import type { OfferPrice } from './offer.ts'

const HOUR = 3_600_000
/** Days per unit of time-based pricing; a unit begun is a unit paid. */
const unitDays = { day: 1, week: 7, month: 30 } as const

/** How many units of time a flight is paid for. */
function unitsOf({ time_unit }: OfferPrice, flight: Flight): number {
  if (time_unit === null) return 0
  if (time_unit === 'hour') return Math.ceil((flight.end.getTime() - flight.start.getTime()) / HOUR)
  return Math.ceil(daysOf(flight) / unitDays[time_unit])
}

/** What a package costs whatever is delivered; 0 where the price is for what is delivered, or bid for. */
export function wholePrice(price: OfferPrice, flight: Flight): number {
  const { pricing_model, fixed_price } = price
  if (fixed_price === null) return 0
  if (pricing_model === 'flat_rate') return Number(fixed_price)
  return pricing_model === 'time' ? Number(fixed_price) * unitsOf(price, flight) : 0
}

/** What is sold by time is sold for no shorter and no longer than its price says. */
export function durationProblems(field: string, price: OfferPrice, flight: Flight): Problem[] {
  const { pricing_model, time_unit, min_duration, max_duration } = price
  if (pricing_model !== 'time' || time_unit === null || flight.end <= flight.start) return []
  const units = unitsOf(price, flight)
  const limit =
    min_duration !== null && units < min_duration
      ? `at least ${min_duration}`
      : max_duration !== null && units > max_duration
        ? `at most ${max_duration}`
        : undefined
  if (limit === undefined) return []
  return [
    {
      code: 'INVALID_REQUEST',
      message: `This price is for ${limit} ${time_unit}s; the flight is ${units}.`,
      field: `${field}.end_time`,
      suggestion: 'Change the dates of the package or choose another pricing option.',
    },
  ]
}
