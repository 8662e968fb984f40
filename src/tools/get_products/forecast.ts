import type { Output } from '../define-tool.ts'
import type { Days, Left } from '../../queries/availability.ts'

/** How old a forecast may be, and what becomes of sales without one. */
export interface ForecastPolicy {
  forecast_max_age_hours: number
  stale_forecast: 'sell' | 'ask_person' | 'refuse'
  /** What each ad server said it can do, by connection_id. */
  capabilities: Record<string, object | null>
}
interface Forecast {
  name: string
  delivery_type: string
  connection_id: string
  left?: Left | null
  pricing_options: { pricing_model: string; currency: string; fixed_price: string | null }[]
}
const HOUR = 3_600_000

/**
 * A product's forecast (core/delivery-forecast.json): what one package delivered evenly could still get in these days, as
 * create_media_buy would accept it, and at most what all days together have left. None where nothing limits a product, where it is
 * not sold by impressions, or where some of the days are not known.
 */
export function toForecast(
  { left, pricing_options }: Forecast,
  { from, to }: Days,
  policy: ForecastPolicy,
  now: Date,
): Output | undefined {
  const price = pricing_options.find(isPerThousand)
  if (!left || left.least === null || left.all === null || left.known < left.days || !price) return undefined
  const evenly = Math.max(0, left.least) * left.days
  const impressions = { mid: evenly, ...(left.all > evenly && { high: left.all }) }
  const spend = price.fixed_price !== null && {
    spend: { mid: Math.round((evenly * Number(price.fixed_price)) / 10) / 100 },
  }
  const asked = left.as_of === null ? undefined : new Date(left.as_of)
  const expires = asked && new Date(asked.getTime() + policy.forecast_max_age_hours * HOUR)
  return {
    points: [{ label: `${from} to ${to}`, metrics: { impressions, ...spend } }],
    forecast_range_unit: 'availability',
    // a limit set by hand is no model of anything
    method: asked ? 'modeled' : 'estimate',
    currency: price.currency,
    generated_at: (asked ?? now).toISOString(),
    ...(expires && { valid_until: expires.toISOString() }),
  }
}

const consequence = {
  sell: 'They are sold all the same; the ad server may refuse them later.',
  ask_person: 'A person at the publisher decides on each purchase of them.',
  refuse: 'They are not sold until it is; try again in a few hours.',
}

/** What a buyer must know of products whose forecast is missing or too old; undefined if there are none. */
export function staleNote(
  products: readonly Forecast[],
  { forecast_max_age_hours, stale_forecast, capabilities }: ForecastPolicy,
  now: Date,
): string | undefined {
  const oldest = now.getTime() - forecast_max_age_hours * HOUR
  const isFresh = ({ left }: Forecast) => (left?.as_of ? Date.parse(left.as_of) >= oldest : false)
  const names = products
    .filter((product) => canBeForecast(product, capabilities) && !isFresh(product))
    .map(({ name }) => name)
  if (names.length === 0) return undefined
  return `How much is left of ${names.join(', ')} is not known at present. ${consequence[stale_forecast]}`
}

/** Whether its ad server can be asked how much is left of it. */
const canBeForecast = (
  { delivery_type, connection_id, pricing_options }: Forecast,
  capabilities: ForecastPolicy['capabilities'],
) =>
  delivery_type === 'guaranteed' &&
  'forecasts' in (capabilities[connection_id] ?? {}) &&
  pricing_options.some(isPerThousand)

const isPerThousand = ({ pricing_model }: { pricing_model: string }) => /^v?cpm$/.test(pricing_model)
