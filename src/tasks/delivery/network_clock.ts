const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** The day (YYYY-MM-DD) that clock shows at a moment. */
export function dayAt(at: Date, timeZone: string): string {
  return new Date(shownAt(at.getTime(), timeZone)).toISOString().slice(0, 10)
}

/**
 * The UTC hour an hour of that clock is told as: the one it begins in. An hour that clocks put back show twice is told as the second,
 * when all of it has happened; one that they skip begins where the skipping ends. In zones a whole number of hours from UTC that
 * is the very same hour.
 */
export function utcHourOf(day: string, hour: number, timeZone: string): Date {
  const shown = Date.parse(day) + hour * HOUR_MS
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((at) => shownAt(at, timeZone) - at)
  const candidates = offsets.map((offset) => shown - offset)
  const real = candidates.filter((at) => shownAt(at, timeZone) === shown)
  const begins = real.length > 0 ? Math.max(...real) : Math.max(...candidates)
  return new Date(Math.floor(begins / HOUR_MS) * HOUR_MS)
}

/** A day so many days later. */
export function daysLater(day: string, days: number): string {
  return new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10)
}

/** What that clock shows at an instant, as if it were UTC; both in milliseconds. */
function shownAt(at: number, timeZone: string): number {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** @throws RangeError for a zone there is none of. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const [year, two] = ['numeric', '2-digit'] as const
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year,
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  })
  formats.set(timeZone, format)
  return format
}
