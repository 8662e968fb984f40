import type { MediaBuyStatus } from '../db/schema.ts'
import type { DeliveredRow, DeliveringPackage } from '../queries/delivery.ts'

const MINUTE_MS = 60_000

/** A package with what it delivered since it began; `ever` is undefined while nothing is known. */
export interface Progress {
  item: DeliveringPackage
  ever: DeliveredRow | undefined
  status: MediaBuyStatus
  now: Date
}

/**
 * How fast it delivers, 1 being as bought; left out where that cannot be told: before there are figures, and for what is not to be
 * delivered evenly.
 */
export function pacingIndex({ item, ever }: Progress): number | undefined {
  if (!ever || item.pacing !== 'even') return undefined
  const [start, end, counted] = [item.start_time, item.end_time, ever.as_of].map((time) => Date.parse(time))
  const elapsed = (Math.min(counted ?? 0, end ?? 0) - (start ?? 0)) / ((end ?? 0) - (start ?? 0))
  const goal = Number(item.impressions ?? item.budget)
  const reached = Number(item.impressions === null ? ever.spend : ever.impressions)
  return elapsed > 0 && goal > 0 ? Number((reached / (goal * elapsed)).toFixed(4)) : undefined
}

/** What the package is doing, as AdCP names it; undefined before it begins and while nobody lets it. */
export function deliveryStatus({ item, ever, status, now }: Progress): string | undefined {
  if (Date.parse(item.start_time) > now.getTime()) return undefined
  if (status === 'completed') return 'completed'
  if (ever && Number(ever.spend) >= Number(item.budget)) return 'budget_exhausted'
  if (ever && item.impressions !== null && Number(ever.impressions) >= Number(item.impressions))
    return 'goal_met'
  if (Date.parse(item.end_time) <= now.getTime()) return 'flight_ended'
  return status === 'active' && !item.paused && !item.canceled ? 'delivering' : undefined
}

/**
 * When the figures that are missing are expected: undefined if none is, because the source has counted as far as its product's
 * expected_delay_minutes let a buyer expect, up to `until`. Only what should deliver, or should have, can be late.
 */
export function overdueUntil(
  { item, ever, status, now }: Progress,
  until: Date | undefined,
): Date | undefined {
  if ((status !== 'active' && status !== 'completed') || item.paused || item.canceled) return undefined
  const delay = item.reporting.expected_delay_minutes * MINUTE_MS
  const end = Math.min(until?.getTime() ?? Infinity, Date.parse(item.end_time))
  const expected = Math.min(end, now.getTime() - delay)
  if (expected <= Date.parse(item.start_time)) return undefined
  if (ever && Date.parse(ever.as_of) >= expected) return undefined
  return new Date(now.getTime() + delay)
}
