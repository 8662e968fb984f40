import { addDecimals } from './money.ts'

/** What was counted, summed up, as PostgreSQL hands it over: numbers as text, null where nobody measured. */
export interface Sums {
  impressions: string
  spend: string
  clicks: string | null
  views: string | null
  completed_views: string | null
  q1_views: string | null
  q2_views: string | null
  q3_views: string | null
  q4_views: string | null
  measurable_impressions: string | null
  viewable_impressions: string | null
  conversions: string | null
  conversion_value: string | null
}
type Metrics = Record<string, unknown>

/** What a package has that nothing is known of. */
export const nothing: Sums = {
  impressions: '0',
  spend: '0',
  clicks: null,
  views: null,
  completed_views: null,
  q1_views: null,
  q2_views: null,
  q3_views: null,
  q4_views: null,
  measurable_impressions: null,
  viewable_impressions: null,
  conversions: null,
  conversion_value: null,
}

/** AdCP's core/delivery-metrics: what was counted, and what follows from it. What was not measured is left out. */
export function metricsOf(sums: Sums): Metrics {
  const { impressions, spend, clicks, views, completed_views, conversions, conversion_value } = numbers(sums)
  return known({
    impressions,
    spend,
    clicks,
    ctr: share(clicks, impressions),
    views,
    completed_views,
    completion_rate: share(completed_views, impressions),
    conversions,
    conversion_value,
    roas: ratio(conversion_value, spend),
    cost_per_acquisition: ratio(spend, conversions),
    cost_per_click: ratio(spend, clicks),
    cost_per_completed_view: ratio(spend, completed_views),
    cpm: ratio(spend && spend * 1000, impressions),
    quartile_data: quartilesOf(sums),
    viewability: viewabilityOf(sums),
  })
}

/** The short form that days and totals over several buys have. */
export function shortMetricsOf(sums: Sums): Metrics {
  const { impressions, spend, clicks, views, completed_views, conversions, conversion_value } = numbers(sums)
  return known({ impressions, spend, clicks, views, completed_views, conversions, conversion_value })
}

/** The form aggregated_totals has: what can be added up over buys, and what follows from the sums. */
export function aggregatedMetricsOf(sums: Sums): Metrics {
  const { completion_rate, roas, cost_per_acquisition } = metricsOf(sums)
  return known({ ...shortMetricsOf(sums), completion_rate, roas, cost_per_acquisition })
}

/** The sum of several sums; a metric that any of them has is there. Exact, as the figures are decimal text. */
export function addUp(all: readonly Sums[]): Sums {
  const names = Object.keys(nothing) as (keyof Sums)[]
  return Object.fromEntries(
    names.map((name) => [name, addDecimals(all.map((sums) => sums[name]))]),
  ) as unknown as Sums
}

/** What one unit of a pricing model cost in effect, in money; undefined where nothing of it was delivered. */
export function effectiveRate(pricing_model: string, sums: Sums): number | undefined {
  const { impressions, spend, clicks, views, completed_views, conversions } = numbers(sums)
  const viewable = numberOf(sums.viewable_impressions)
  switch (pricing_model) {
    case 'cpm':
      return ratio(spend && spend * 1000, impressions)
    case 'vcpm':
      return ratio(spend && spend * 1000, viewable)
    case 'cpc':
      return ratio(spend, clicks)
    case 'cpv':
      return ratio(spend, views)
    case 'cpcv':
      return ratio(spend, completed_views)
    case 'cpa':
      return ratio(spend, conversions)
    default:
      return undefined
  }
}

const numberOf = (text: string | null) => (text === null ? undefined : Number(text))

function numbers(sums: Sums) {
  return {
    impressions: Number(sums.impressions),
    spend: Number(sums.spend),
    clicks: numberOf(sums.clicks),
    views: numberOf(sums.views),
    completed_views: numberOf(sums.completed_views),
    conversions: numberOf(sums.conversions),
    conversion_value: numberOf(sums.conversion_value),
  }
}

function ratio(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || !whole ? undefined : Number((part / whole).toPrecision(8))
}

/** A ratio AdCP wants between 0 and 1; sources that count the two differently can exceed it, and then none is told. */
function share(part: number | undefined, whole: number | undefined): number | undefined {
  const value = ratio(part, whole)
  return value !== undefined && value <= 1 ? value : undefined
}

function quartilesOf({ q1_views, q2_views, q3_views, q4_views }: Sums): Metrics | undefined {
  const quartiles = known({
    q1_views: numberOf(q1_views),
    q2_views: numberOf(q2_views),
    q3_views: numberOf(q3_views),
    q4_views: numberOf(q4_views),
  })
  return Object.keys(quartiles).length > 0 ? quartiles : undefined
}

function viewabilityOf(sums: Sums): Metrics | undefined {
  const measurable_impressions = numberOf(sums.measurable_impressions)
  const viewable_impressions = numberOf(sums.viewable_impressions)
  if (measurable_impressions === undefined && viewable_impressions === undefined) return undefined
  return known({
    measurable_impressions,
    viewable_impressions,
    viewable_rate: share(viewable_impressions, measurable_impressions),
  })
}

function known(metrics: Metrics): Metrics {
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => value !== undefined))
}
