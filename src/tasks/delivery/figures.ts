import { AdapterError, type DeliveryRow } from '../../adapters/adapter.ts'
import { microsOf } from '../../adcp/money.ts'
import { agreedSpend, isBilledByTime, spendOfTime, type Units } from './agreed_spend.ts'
import type { ReadBuy } from './due.ts'
import { daysLater, utcHourOf } from './network_clock.ts'

const HOUR_MS = 3_600_000

/** Days of the network's clock, both included, counted up to `as_of`. */
export interface Covered {
  from: string
  to: string
  time_zone: string
  as_of: Date
}
/** A UTC hour, or a day whose hours nobody tells: then it is the network's own. */
export interface Slot {
  package_id: string
  day: string
  hour: number | null
}
export interface Told extends Slot, Units {
  measurable_impressions: number | null
  /** Millionths of the media buy's currency; undefined while the ad server's own money is not that. */
  spend: bigint | undefined
}
type Package = ReadBuy['packages'][number]

/** By what two figures are of the same time. */
export const keyOf = ({ package_id, day, hour }: Slot): string => `${package_id} ${day} ${hour ?? 'day'}`

/**
 * What a report says of a media buy's packages, added up by slot, priced in its own currency. Line items are those our steps made.
 * @throws AdapterError('permanent') for money that is none, or where what was delivered cannot be priced.
 */
export function figuresOf(
  buy: ReadBuy,
  rows: readonly DeliveryRow[],
  covered: Covered,
): (Told & { spend: bigint })[] {
  return buy.packages.flatMap((item) => {
    const own = rows.filter(({ line_item_id }) => item.line_item_ids.includes(line_item_id))
    const told = addUp(item, own, buy.currency, covered.time_zone)
    const unpriced = told.some(({ spend }) => spend === undefined)
    if (unpriced && isBilledByTime(item)) return spreadOver(item, told, covered)
    return told.map((one) => ({ ...one, spend: one.spend ?? priceOf(item, one) }))
  })
}

function addUp(
  { package_id }: Package,
  rows: readonly DeliveryRow[],
  currency: string,
  zone: string,
): Told[] {
  const slots = new Map<string, Told>()
  for (const row of rows) {
    const told = toldBy(row, package_id, currency, zone)
    const before = slots.get(keyOf(told))
    slots.set(keyOf(told), before ? sumOf(before, told) : told)
  }
  return [...slots.values()]
}

function toldBy(row: DeliveryRow, package_id: string, currency: string, zone: string): Told {
  const { impressions, clicks, completions, measurable_impressions = null, viewable_impressions = null } = row
  const utc = row.hour === undefined ? undefined : utcHourOf(row.date, row.hour, zone)
  return {
    package_id,
    day: utc ? utc.toISOString().slice(0, 10) : row.date,
    hour: utc ? utc.getUTCHours() : null,
    impressions,
    clicks,
    completions,
    measurable_impressions,
    viewable_impressions,
    spend: row.spend === null || row.currency !== currency ? undefined : microsIn(row.spend),
  }
}

function sumOf(a: Told, b: Told): Told {
  const sum = (x: number | null, y: number | null) => (x === null && y === null ? null : (x ?? 0) + (y ?? 0))
  return {
    ...a,
    impressions: a.impressions + b.impressions,
    clicks: sum(a.clicks, b.clicks),
    completions: sum(a.completions, b.completions),
    measurable_impressions: sum(a.measurable_impressions, b.measurable_impressions),
    viewable_impressions: sum(a.viewable_impressions, b.viewable_impressions),
    spend: a.spend === undefined || b.spend === undefined ? undefined : a.spend + b.spend,
  }
}

function microsIn(text: string): bigint {
  if (/^\d+(\.\d{1,6})?$/.test(text)) return microsOf(text)
  throw new AdapterError(
    'permanent',
    'unusable_money',
    `The ad server reports a spend of ${text.slice(0, 40)}`,
  )
}

function priceOf(item: Package, told: Told): bigint {
  const spend = agreedSpend({ ...item, ...flightOf(item) }, told)
  if (spend !== undefined) return spend
  const message = `What package ${item.package_id} (${item.pricing_model}) spent cannot be told: the ad server keeps it in another currency, or not at all`
  throw new AdapterError('permanent', 'unknown_spend', message)
}

/** What is paid by time costs in every slot, also where nothing was delivered. */
function spreadOver(item: Package, told: readonly Told[], covered: Covered): (Told & { spend: bigint })[] {
  const flight = flightOf(item)
  const end = Math.min(
    flight.end_time.getTime(),
    covered.as_of.getTime(),
    Date.parse(item.canceled_at ?? '') || Infinity,
  )
  const periods = told.some(({ hour }) => hour !== null) ? hoursOf(covered) : daysOf(covered)
  return periods.flatMap(({ slot, from, to }) => {
    const own = { package_id: item.package_id, ...slot }
    const one = told.find((each) => keyOf(each) === keyOf(own)) ?? { ...own, ...nothing }
    const until = (at: Date) => new Date(Math.min(at.getTime(), end))
    const spend = spendOfTime({ ...item, ...flight }, until(from), until(to))
    return spend > 0n || one.impressions > 0 ? [{ ...one, spend }] : []
  })
}

function hoursOf({ from, to, time_zone }: Covered) {
  const [begin, end] = [utcHourOf(from, 0, time_zone), utcHourOf(daysLater(to, 1), 0, time_zone)]
  const hours = (end.getTime() - begin.getTime()) / HOUR_MS
  return Array.from({ length: hours }, (_, i) => {
    const [at, next] = [
      new Date(begin.getTime() + i * HOUR_MS),
      new Date(begin.getTime() + (i + 1) * HOUR_MS),
    ]
    return { slot: { day: at.toISOString().slice(0, 10), hour: at.getUTCHours() }, from: at, to: next }
  })
}

function daysOf({ from, to, time_zone }: Covered) {
  const days = (Date.parse(to) - Date.parse(from)) / (24 * HOUR_MS) + 1
  return Array.from({ length: days }, (_, i) => {
    const day = daysLater(from, i)
    return {
      slot: { day, hour: null },
      from: utcHourOf(day, 0, time_zone),
      to: utcHourOf(daysLater(day, 1), 0, time_zone),
    }
  })
}

const flightOf = ({ start_time, end_time }: Package) => ({
  start_time: new Date(start_time),
  end_time: new Date(end_time),
})
const nothing = {
  impressions: 0,
  clicks: null,
  completions: null,
  measurable_impressions: null,
  viewable_impressions: null,
  spend: undefined,
}
