import type { DeliveredRow, DeliveringPackage, DeliveryRow } from '../queries/delivery.ts'
import { metricsFor } from './metrics.ts'
import {
  addUp,
  aggregatedMetricsOf,
  effectiveRate,
  metricsOf,
  nothing,
  shortMetricsOf,
} from './delivery_metrics.ts'
import { deliveryStatus, overdueUntil, pacingIndex } from './package_delivery.ts'
import type { AdcpVersion } from './version.ts'

type Wire = Record<string, unknown>

export interface Asked {
  version: AdcpVersion
  /** The end of the period, exclusive; undefined: as long as the buy lasts. */
  until: Date | undefined
  now: Date
  /** The metrics wanted besides impressions and spend; all if left out. */
  metrics?: readonly string[] | null
}
export interface BuyDelivery extends Wire {
  media_buy_id: string
  status: string
}

/** A media buy in media_buy_deliveries: what it delivered in a period, in all, by package and by what else the row was read by. */
export function buyDelivery(row: DeliveryRow, asked: Asked): BuyDelivery {
  const sums = row.within.find(isAll)
  const overdue = row.packages
    .map((item) => overdueUntil(progressOf(row, item, asked.now), asked.until)?.getTime() ?? 0)
    .reduce((a, b) => Math.max(a, b), 0)
  const days = row.within.filter(({ package_id, day }) => package_id === null && day !== null)
  const model = sharedModel(row.packages)
  const effective_rate = model && effectiveRate(model, sums ?? nothing)
  return {
    media_buy_id: row.media_buy_id,
    status: overdue > 0 ? 'reporting_delayed' : row.status,
    ...(overdue > 0 && { expected_availability: new Date(overdue).toISOString() }),
    ...asOf(row.ever),
    ...(asked.version !== '3.0' && finality(row.within.filter(isWhole), row.packages.length, row, asked)),
    ...(model && { pricing_model: model }),
    totals: {
      ...wanted(metricsOf(sums ?? nothing), asked),
      ...(effective_rate !== undefined && { effective_rate }),
    },
    by_package: row.packages.map((item) => packageDelivery(row, item, asked)),
    ...(days.length > 0 && { daily_breakdown: days.map(dayOf) }),
  }
}

const isAll = ({ package_id, day }: DeliveredRow) => package_id === null && day === null
const isWhole = ({ package_id, day }: DeliveredRow) => package_id !== null && day === null

function packageDelivery(row: DeliveryRow, item: DeliveringPackage, asked: Asked): Wire {
  const { package_id, pricing_model } = item
  const mine = row.within.filter((one) => one.package_id === package_id)
  const sums = mine.find(({ day }) => day === null)
  const days = mine.filter(({ day }) => day !== null)
  const metrics = metricsOf(sums ?? nothing)
  const progress = progressOf(row, item, asked.now)
  const [pacing_index, delivery_status] = [pacingIndex(progress), deliveryStatus(progress)]
  return {
    package_id,
    ...wanted(metrics, asked),
    pricing_model,
    rate: Number(item.price ?? effectiveRate(pricing_model, sums ?? nothing) ?? item.bid_price ?? 0),
    currency: row.currency,
    ...(pacing_index !== undefined && { pacing_index }),
    ...(delivery_status !== undefined && { delivery_status }),
    paused: item.paused,
    ...(sums && finality([sums], 1, row, asked)),
    ...(asked.version === '3.1' && sums && missing(item, metrics)),
    ...(days.length > 0 && { daily_breakdown: days.map(dayOf) }),
  }
}

function wanted(metrics: Wire, { metrics: names }: Asked): Wire {
  if (!names) return metrics
  const kept = new Set(['impressions', 'spend', ...metricsFor('3.1', names)])
  return Object.fromEntries(Object.entries(metrics).filter(([name]) => kept.has(name)))
}

function progressOf({ ever, status }: DeliveryRow, item: DeliveringPackage, now: Date) {
  return { item, status, now, ever: ever.find(({ package_id }) => package_id === item.package_id) }
}

const dayOf = (row: DeliveredRow): Wire => ({ date: row.day, ...shortMetricsOf(row) })

/** Up to when figures are in for every package that has any. */
function asOf(ever: DeliveredRow[]): Wire {
  const [as_of] = ever.map((row) => row.as_of).toSorted()
  return as_of === undefined ? {} : { as_of }
}

/** Final is what every source has closed, and for the whole period; AdCP leaves the word out where nobody ever closes anything. */
function finality(rows: DeliveredRow[], of: number, { end_time }: DeliveryRow, { until }: Asked): Wire {
  if (!rows.some(({ finalized_at }) => finalized_at !== null)) return {}
  const end = Math.min(until?.getTime() ?? Infinity, end_time.getTime())
  const closed = rows.length === of && rows.every(({ final, as_of }) => final && Date.parse(as_of) >= end)
  if (!closed) return { is_final: false }
  const last = rows
    .map(({ finalized_at }) => finalized_at ?? '')
    .toSorted()
    .at(-1)
  return { is_final: true, finalized_at: last }
}

/** What is not counted but follows from what is. */
const derivedFrom: Record<string, string> = {
  ctr: 'clicks',
  completion_rate: 'completed_views',
  roas: 'conversion_value',
  cost_per_acquisition: 'conversions',
  cost_per_click: 'clicks',
}

/** What the product promises to report and nobody counted for this package. */
function missing({ reporting }: DeliveringPackage, metrics: Wire): Wire {
  const promised = metricsFor('3.1', reporting.available_metrics)
  const absent = promised.filter((name) => !((derivedFrom[name] ?? name) in metrics))
  if (absent.length === 0) return {}
  return { missing_metrics: absent.map((metric_id) => ({ scope: 'standard', metric_id })) }
}

function sharedModel([first, ...others]: DeliveringPackage[]): string | undefined {
  return others.every(({ pricing_model }) => pricing_model === first?.pricing_model)
    ? first?.pricing_model
    : undefined
}

/**
 * aggregated_totals over these buys. Amounts of different currencies cannot be added: then there is none, and each buy's own totals
 * stand, in the currency its packages name.
 */
export function totalsOf(rows: DeliveryRow[]): { aggregated_totals?: Wire } {
  const currencies = new Set(rows.map(({ currency }) => currency))
  if (currencies.size > 1) return {}
  const sums = rows.map(({ within }) => within.find(isAll) ?? nothing)
  return { aggregated_totals: { ...aggregatedMetricsOf(addUp(sums)), media_buy_count: rows.length } }
}
