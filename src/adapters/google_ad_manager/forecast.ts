import {
  AdapterError,
  type ApprovedPackage,
  type Availability,
  type Call,
  type ForecastQuestion,
} from '../adapter.ts'
import type { Breakdown } from './answers.ts'
import { fromNetworkTime, toNetworkTime } from './network_time.ts'
import { lineItemBody } from './plan.ts'
import type { Network } from './steps/network.ts'
import type { Sent } from './wsdl/canonical.ts'

const DAY_MS = 86_400_000
/** Google forecasts what is still to come; by the time it reads the question it is a little later. */
const SOON_MS = 5 * 60_000
/** Google speaks of up to a week until it knows enough of new inventory. */
const ASK_AGAIN_MS = 3_600_000

/**
 * How much a standard line item on this inventory could get each day beside everything that is reserved in the network: Google's
 * "available units", in a window for each UTC day, by one call.
 */
export async function forecast(
  { client, references, settings }: Network,
  question: ForecastQuestion,
  call: Call,
): Promise<Availability> {
  const { timeZone } = await references.network(call)
  const edges = edgesOf(question)
  const [start] = edges
  const end = edges.at(-1)
  if (start === undefined || end === undefined || start >= end) return { per: 'day', days: [] }
  const at = (time: number): Sent => ({ ...toNetworkTime(new Date(time).toISOString(), timeZone, 'end') })
  const { line_item, look_up } = lineItemBody(asPackage(question), question, settings)
  const lineItem = {
    ...line_item,
    startDateTimeType: 'USE_START_DATE_TIME',
    startDateTime: at(start),
    endDateTime: at(end),
    targeting: { ...(line_item['targeting'] as Sent), ...(await references.targeting(look_up, call)) },
  }
  try {
    const { breakdowns } = await client.forecast(lineItem, edges.map(at), call)
    return { per: 'day', days: breakdowns.flatMap((one) => dayOf(one, timeZone)) }
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== 'ForecastError.NO_FORECAST_YET') throw error
    return { per: 'nothing_yet', reason: error.message, retry_after_ms: ASK_AGAIN_MS }
  }
}

/** The bounds of the days asked about, in milliseconds. Today begins now. */
function edgesOf({ from, to }: ForecastQuestion): number[] {
  const soon = Math.ceil((Date.now() + SOON_MS) / 60_000) * 60_000
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1
  const midnights = Array.from({ length: days + 1 }, (_, i) => Date.parse(from) + i * DAY_MS)
  const rest = midnights.filter((midnight) => midnight > soon)
  const [first] = midnights
  return first !== undefined && first > soon ? rest : [soon, ...rest]
}

function dayOf({ startTime, breakdownEntries }: Breakdown, timeZoneId: string) {
  const start = fromNetworkTime({ ...startTime, timeZoneId })
  const available = breakdownEntries[0]?.forecast.available
  if (start === undefined || available === undefined) return []
  return [{ date: new Date(start).toISOString().slice(0, 10), available }]
}

/** One unit, at any price: how much is available does not depend on how much is asked for. Only standard line items are counted in units. */
function asPackage({ package: sold, from, to }: ForecastQuestion): ApprovedPackage {
  return {
    ...sold,
    ad_server_config: { ...sold.ad_server_config, line_item_type: 'STANDARD', priority: undefined },
    package_id: 'forecast',
    product_id: 'a product to be forecast',
    product_name: 'Forecast',
    price: '1',
    bid_price: null,
    budget: sold.pricing_model === 'cpc' ? '1' : '0.001',
    impressions: 1,
    pacing: 'even',
    start_time: from,
    end_time: to,
    paused: false,
    creatives: [],
  }
}
