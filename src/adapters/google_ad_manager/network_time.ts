/** A DateTime of Google's: wall clock time in a time zone, without an offset. */
export interface NetworkTime {
  date: { year: number; month: number; day: number }
  hour: number
  minute: number
  second: number
  timeZoneId: string
}

const SECOND = 1000
const MINUTE = 60_000
const LARGEST_SHIFT = 180 * MINUTE

const formats = new Map<string, Intl.DateTimeFormat>()

/**
 * When a flight starts or ends, on the clock of the network. Where clocks are put back, an hour happens twice and Google's DateTime
 * cannot say which is meant; it is read as the first. A start in the second is moved to where that hour is over, an end stays, so a
 * line item never runs outside its flight.
 */
export function toNetworkTime(iso: string, timeZoneId: string, edge: 'start' | 'end'): NetworkTime {
  const exact = Date.parse(iso)
  if (edge === 'end') return wallClock(Math.floor(exact / SECOND) * SECOND, timeZoneId)
  let at = Math.ceil(exact / SECOND) * SECOND
  while (isSecondTime(at, timeZoneId)) at = (Math.floor(at / MINUTE) + 1) * MINUTE
  return wallClock(at, timeZoneId)
}

/** The first instant, in milliseconds, at which that clock shows this time; undefined for an hour that is skipped. */
export function fromNetworkTime({ date, hour, minute, second, timeZoneId }: NetworkTime): number | undefined {
  const shown = Date.UTC(date.year, date.month - 1, date.day, hour, minute, second)
  const around = [shown - 86_400_000, shown + 86_400_000].map((at) => offsetAt(at, timeZoneId))
  const candidates = around
    .map((offset) => shown - offset)
    .filter((at) => at + offsetAt(at, timeZoneId) === shown)
  return candidates.length > 0 ? Math.min(...candidates) : undefined
}

/** On how many days of the network's calendar a flight runs. */
export function daysBetween(start: string, end: string, timeZoneId: string): number {
  const dayOf = (at: number) => {
    const { year, month, day } = wallClock(at, timeZoneId).date
    return Date.UTC(year, month - 1, day) / 86_400_000
  }
  // the last instant of a flight that ends at midnight belongs to the day before
  return dayOf(Date.parse(end) - 1) - dayOf(Date.parse(start)) + 1
}

function isSecondTime(at: number, timeZoneId: string): boolean {
  const offset = offsetAt(at, timeZoneId)
  const putBack = offsetAt(at - LARGEST_SHIFT, timeZoneId) - offset
  return putBack > 0 && offsetAt(at - putBack, timeZoneId) === offset + putBack
}

function offsetAt(at: number, timeZoneId: string): number {
  const { date, hour, minute, second } = wallClock(at, timeZoneId)
  const shown = Date.UTC(date.year, date.month - 1, date.day, hour, minute, second)
  return shown - Math.floor(at / SECOND) * SECOND
}

function wallClock(at: number, timeZoneId: string): NetworkTime {
  const parts = Object.fromEntries(
    formatOf(timeZoneId)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts
  return { date: { year, month, day }, hour, minute, second, timeZoneId }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone)
  if (known) return known
  const two = '2-digit'
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    second: two,
  })
  formats.set(timeZone, format)
  return format
}
