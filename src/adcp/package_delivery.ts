import type { MediaBuyStatus } from '../db/schema.ts'
import type { DeliveredRow, DeliveringPackage } from '../queries/delivery.ts'

const MINUTE_MS = 60_000

/** What a package delivered since it began, counted up to as_of; numbers as text. */
export type Counted = Pick<DeliveredRow, 'as_of' | 'impressions' | 'spend' | 'clicks'>
/** A package with that; `ever` is undefined while nothing is known. */
export interface Progress {
  item: DeliveringPackage
  ever: Counted | undefined
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

/** What the package is doing, as AdCP names it; undefined before it begins, while nobody lets it, and while its ad server
 * does not serve it. */
export function deliveryStatus({ item, ever, status, now }: Progress): string | undefined {
  if (Date.parse(item.start_time) > now.getTime()) return undefined
  if (status === 'completed') return 'completed'
  if (ever && Number(ever.spend) >= Number(item.budget)) return 'budget_exhausted'
  if (ever && item.impressions !== null && Number(ever.impressions) >= Number(item.impressions))
    return 'goal_met'
  if (Date.parse(item.end_time) <= now.getTime()) return 'flight_ended'
  return status === 'active' && !item.paused && !item.canceled && !item.not_serving ? 'delivering' : undefined
}

/**
 * Whether the source has counted up to a moment, or had nothing to count: only what delivers, or has delivered all it should, is
 * waited for.
 */
export function isCounted({ item, ever, status }: Omit<Progress, 'now'>, until: number): boolean {
  if ((status !== 'active' && status !== 'completed') || item.paused || item.canceled) return true
  const end = Math.min(until, Date.parse(item.end_time))
  return end <= Date.parse(item.start_time) || (ever !== undefined && Date.parse(ever.as_of) >= end)
}

/** For how long after it happened a product lets a buyer wait for figures. */
export const delayOf = ({ reporting }: DeliveringPackage): number =>
  reporting.expected_delay_minutes * MINUTE_MS

/** When the figures that are missing up to `until` are expected: undefined if none is later than its product lets a buyer expect. */
export function overdueUntil(progress: Progress, until: Date | undefined): Date | undefined {
  const { item, now } = progress
  const expected = Math.min(until?.getTime() ?? Infinity, now.getTime() - delayOf(item))
  return isCounted(progress, expected) ? undefined : new Date(now.getTime() + delayOf(item))
}
