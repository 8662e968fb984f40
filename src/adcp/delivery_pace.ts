import type { DeliveredRow, DeliveringPackage } from '../queries/delivery.ts'

const DAY_MS = 86_400_000

export interface Paced {
  item: Pick<DeliveringPackage, 'start_time' | 'end_time' | 'impressions' | 'budget' | 'paused' | 'canceled'>
  /** What it delivered since it began; undefined while nobody has counted. */
  ever: Pick<DeliveredRow, 'as_of' | 'impressions' | 'spend'> | undefined
}

/**
 * In words, how far a package is behind an even pace; undefined where it lacks no more than `percent` of what it should have
 * delivered by the moment up to which it was counted. It is not judged in its first day, or in the first fifth of a short flight.
 */
export function behindBy({ item, ever }: Paced, percent: number): string | undefined {
  if (!ever || item.paused || item.canceled) return undefined
  const [start = 0, end = 0, as_of = 0] = [item.start_time, item.end_time, ever.as_of].map((at) =>
    Date.parse(at),
  )
  const [flight, elapsed] = [end - start, Math.min(as_of, end) - start]
  if (elapsed < Math.min(DAY_MS, flight / 5)) return undefined
  const counted = item.impressions !== null
  const due = (Number(item.impressions ?? item.budget) * elapsed) / flight
  const reached = Number(counted ? ever.impressions : ever.spend)
  const lacking = 1 - reached / due
  if (lacking * 100 <= percent) return undefined
  const unit = counted ? 'impressions' : 'of the budget'
  return `${Math.round(lacking * 100)} % behind: ${Math.floor(reached)} ${unit} by ${ever.as_of}, where ${Math.ceil(due)} were due.`
}

/** In words, that a package was counted to its end and delivered nothing; undefined otherwise. */
export function deliveredNothing({ item, ever }: Paced): string | undefined {
  if (!ever || item.paused || item.canceled || Date.parse(ever.as_of) < Date.parse(item.end_time))
    return undefined
  if (Number(ever.impressions) > 0 || Number(ever.spend) > 0) return undefined
  return `It delivered nothing in its whole flight, counted to its end by ${ever.as_of}.`
}
