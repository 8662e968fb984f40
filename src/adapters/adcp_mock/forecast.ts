import { AdapterError, type Availability, type Call, type ForecastQuestion } from '../adapter.ts'
import type { Client } from './client.ts'
import { parseProductConfig } from './config.ts'

/** How many impressions there are of a product between two days, in one figure. */
export async function forecast(
  client: Client,
  { package: sold, from, to }: ForecastQuestion,
  call: Call,
): Promise<Availability> {
  const { product_id } = parseProductConfig(sold.ad_server_config, 'to be forecast')
  const points = await client.forecast({ product_id, flight_dates: { start: from, end: to } }, call)
  const whole = points.find(({ budget }) => budget === undefined)?.metrics.impressions
  if (!whole)
    throw new AdapterError(
      'permanent',
      'no_impressions',
      `Its forecast of ${product_id} has no figure for impressions`,
    )
  return { per: 'total', available: Math.floor(whole.mid) }
}
