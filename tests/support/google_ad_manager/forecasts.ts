import type { NetworkTime } from '../../../src/adapters/google_ad_manager/network_time.ts'
import type { Books } from './books.ts'
import { fail } from './fail.ts'
import { checkProspect, isReserved } from './line_item_rules.ts'
import { checkFlight, momentOf } from './line_items.ts'
import type { Thing } from './objects.ts'

const DAY_MS = 86_400_000
interface Window {
  start: number
  end: number
}

/** What a line item could get beside all that is reserved, in each window asked about. */
export function getAvailabilityForecast(books: Books, { lineItem }: Thing, options: Thing): Thing {
  const item = lineItem as Thing
  checkProspect(item, 'lineItem')
  checkFlight(books, item, 'lineItem', true)
  if (!isReserved(item)) fail('ReservationDetailsError', 'LINE_ITEM_TYPE_NOT_ALLOWED', 'lineItem')
  if (unitsOf(item).some((unit) => books.unknown.has(unit)))
    fail('ForecastError', 'NO_FORECAST_YET', 'lineItem')
  const times = (options['breakdown'] as Thing | undefined)?.['timeWindows'] as NetworkTime[] | undefined
  const edges = times ?? [item['startDateTime'], item['endDateTime']]
  checkWindows(edges as NetworkTime[], flightOf(item))
  const breakdowns = edges.slice(1).map((endTime, i) => {
    const startTime = edges[i] as NetworkTime
    const window = { start: momentOf(startTime), end: momentOf(endTime as NetworkTime) }
    const matched = matchedIn(books, item, window)
    const available = availableIn(books, item, window)
    return { startTime, endTime, breakdownEntries: [{ forecast: whole({ matched, available }) }] }
  })
  const flight = flightOf(item)
  const { available: availableUnits, matched: matchedUnits } = whole({
    available: availableIn(books, item, flight),
    matched: matchedIn(books, item, flight),
  })
  return { unitType: (item['primaryGoal'] as Thing)['unitType'], availableUnits, matchedUnits, breakdowns }
}

/** Whether a reserved line item gets what it is owed beside all others. */
export function fits(books: Books, item: Thing): boolean {
  if (!isReserved(item) || !unitsOf(item).some((unit) => books.traffic.has(unit))) return true
  return availableIn(books, item, flightOf(item)) >= reservedIn(books, item, flightOf(item))
}

const whole = (amounts: { matched: number; available: number }) => ({
  matched: String(Math.floor(amounts.matched)),
  available: String(Math.max(0, Math.floor(amounts.available))),
})

function checkWindows(edges: NetworkTime[], flight: Window): void {
  const moments = edges.map(momentOf)
  const ascending = moments.every((moment, i) => i === 0 || moment > (moments[i - 1] ?? 0))
  const oneZone = new Set(edges.map(({ timeZoneId }) => timeZoneId)).size === 1
  const within = moments.every((moment) => moment >= flight.start && moment <= flight.end)
  if (edges.length < 2 || !ascending || !oneZone || !within)
    fail('RangeError', 'TOO_LOW', 'forecastOptions.breakdown.timeWindows')
}

const flightOf = ({ startDateTime, endDateTime }: Thing): Window => ({
  start: momentOf(startDateTime as NetworkTime),
  end: momentOf(endDateTime as NetworkTime),
})

/** Ad units and placements a line item is for. */
function unitsOf({ targeting }: Thing): string[] {
  const { targetedAdUnits = [], targetedPlacementIds = [] } = ((targeting as Thing)['inventoryTargeting'] ??
    {}) as Thing
  return [
    ...(targetedAdUnits as Thing[]).map(({ adUnitId }) => String(adUnitId)),
    ...(targetedPlacementIds as string[]),
  ]
}

const MORE_THAN_ANYBODY_SELLS = 1_000_000_000

function matchedIn(books: Books, item: Thing, { start, end }: Window): number {
  const daily = unitsOf(item).reduce(
    (sum, unit) => sum + (books.traffic.get(unit) ?? MORE_THAN_ANYBODY_SELLS),
    0,
  )
  return (daily * (end - start)) / DAY_MS
}

function availableIn(books: Books, item: Thing, window: Window): number {
  const units = unitsOf(item)
  const others = books.lineItems.filter(
    (other) =>
      other['id'] !== item['id'] &&
      isReserved(other) &&
      !other['archived'] &&
      books.orders.some(({ id, status }) => id === other['orderId'] && status === 'APPROVED') &&
      unitsOf(other).some((unit) => units.includes(unit)),
  )
  return others.reduce(
    (left, other) => left - reservedIn(books, other, window),
    matchedIn(books, item, window),
  )
}

/** What of a reserved line item's goal falls into a window, evenly delivered. */
function reservedIn(books: Books, item: Thing, window: Window): number {
  const flight = flightOf(item)
  const common = {
    start: Math.max(flight.start, window.start),
    end: Math.min(flight.end, window.end),
  }
  if (common.end <= common.start) return 0
  const { goalType, units } = item['primaryGoal'] as Thing
  if (goalType === 'DAILY') return (matchedIn(books, item, common) * Number(units)) / 100
  return (Number(units) * (common.end - common.start)) / (flight.end - flight.start)
}
