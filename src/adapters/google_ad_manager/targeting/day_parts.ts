import type { Sent } from '../wsdl/canonical.ts'
import type { Daypart } from './overlay.ts'

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const

/** AdCP's day-parts as Google's, on the network's clock: day by day, and where hours overlap, once. */
export function dayPartTargeting(dayparts: readonly Daypart[]): Sent {
  const dayParts = days.flatMap((day) =>
    merged(dayparts.filter((part) => part.days.includes(day))).map(([start, end]) => ({
      dayOfWeek: day.toUpperCase(),
      startTime: { hour: start, minute: 'ZERO' },
      endTime: { hour: end, minute: 'ZERO' },
    })),
  )
  return { dayParts, timeZone: 'PUBLISHER' }
}

function merged(parts: readonly Daypart[]): [number, number][] {
  const sorted = parts
    .map(({ start_hour, end_hour }): [number, number] => [start_hour, end_hour])
    .sort(([a], [b]) => a - b)
  const result: [number, number][] = []
  for (const [start, end] of sorted) {
    const last = result.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}
