import type { PaceOfDay } from '../../parts/chart.tsx'
import type { Pace } from './read_delivery.ts'

const DAY_MS = 86_400_000

/** Every day (UTC) of a package's flight: what an even pace would have brought by its end, and what was counted by then. */
export function pacingDays({
  start,
  end,
  goal,
  as_of,
  days,
}: Pick<Pace, 'start' | 'end' | 'goal' | 'as_of' | 'days'>): PaceOfDay[] {
  const counted = new Map(days.map(({ day, amount }) => [day, amount]))
  const length = end.getTime() - start.getTime()
  const pace: PaceOfDay[] = []
  let delivered = 0
  for (let at = Math.floor(start.getTime() / DAY_MS) * DAY_MS; at < end.getTime(); at += DAY_MS) {
    const day = new Date(at)
    delivered += counted.get(day.toISOString().slice(0, 10)) ?? 0
    const elapsed = Math.min(at + DAY_MS, end.getTime()) - start.getTime()
    pace.push({
      day,
      planned: (goal * elapsed) / length,
      delivered: at < as_of.getTime() ? delivered : null,
    })
  }
  return pace
}
