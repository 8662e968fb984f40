import { AdapterError, type Availability, type Call, type ForecastQuestion } from '../adapter.ts'
import type { AdServer } from './client.ts'
import { parseProductConfig, type Settings } from './config.ts'

const DAY_MS = 86_400_000

/** What is left of an inventory each day, what was sold of it being spread evenly over its days. */
export async function forecast(
  server: AdServer,
  { inventory }: Settings,
  { package: sold, from, to }: ForecastQuestion,
  { signal }: Call,
): Promise<Availability> {
  if (signal.aborted)
    throw new AdapterError('transient', 'aborted', 'The call was given up before it was made')
  const { inventory: name } = parseProductConfig(sold.ad_server_config, 'to be forecast')
  const daily = name === undefined ? undefined : inventory[name]
  if (name === undefined || daily === undefined)
    throw new AdapterError(
      'config',
      'no_inventory',
      'ad_server_config.inventory is none of those in the settings of the connection',
    )
  const booked = (await server.findSold(name)).map((item) => {
    const days = daysOf(item.start_time, item.end_time)
    return { days: new Set(days), each: Math.max(1, Math.ceil(item.impressions / days.length)) }
  })
  const days = daysOf(from, new Date(Date.parse(to) + DAY_MS).toISOString()).map((date) => {
    const taken = booked.reduce((sum, { days, each }) => sum + (days.has(date) ? each : 0), 0)
    return { date, available: Math.max(0, daily - taken) }
  })
  return { per: 'day', days }
}

/** The UTC days a flight touches. */
function daysOf(start: string, end: string): string[] {
  const days: string[] = []
  const first = Math.floor(Date.parse(start) / DAY_MS) * DAY_MS
  for (let at = first; at < Date.parse(end); at += DAY_MS) days.push(new Date(at).toISOString().slice(0, 10))
  return days
}
