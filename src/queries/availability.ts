import { sql, type RawBuilder } from 'kysely'

/** UTC days, both included. */
export interface Days {
  from: string
  to: string
}
interface Asked {
  start_date?: string | undefined
  end_date?: string | undefined
}
/** What is left of a product in some days. */
export interface Left {
  /** On the day with the least of it; null where it is not known on any. */
  least: number | null
  /** On all days together. */
  all: number | null
  /** On how many of them it is known. */
  known: number
  days: number
  /** When its ad server was last asked; null: never. */
  as_of: string | null
}
const DAY_MS = 86_400_000
/** How far ahead a buyer that names no dates is told. */
const USUAL_DAYS = 30

/** The days a buyer asks about, without those gone by; undefined unless it names both ends. */
export function flightDays({ start_date, end_date }: Asked, now: Date): Days | undefined {
  if (start_date === undefined || end_date === undefined) return undefined
  const today = dayOf(now)
  const from = start_date > today ? start_date : today
  return from <= end_date ? { from, to: end_date } : undefined
}

/** What a buyer that asks about no days is told of: from tomorrow on. */
export function usualDays(now: Date): Days {
  const after = (days: number) => dayOf(new Date(now.getTime() + days * DAY_MS))
  return { from: after(1), to: after(USUAL_DAYS) }
}

const dayOf = (time: Date) => time.toISOString().slice(0, 10)

/** The least that is left of a product `p` on any of these days, as `checkAvailability` counts it; null where it is not known. */
export const leastLeft = (days: Days, now: Date): RawBuilder<number | null> =>
  sql`(case when ${isLimited} then (select min(left_over) from ${eachDay(days, now)} as room) end)`

/** All that is known of what is left of a product `p`, as JSON; null where nothing limits it and no ad server was asked. */
export const whatIsLeft = (days: Days, now: Date): RawBuilder<Left | null> =>
  sql`(case when ${isLimited} then (select json_build_object('least', min(left_over), 'all', sum(greatest(left_over, 0)),
    'known', count(left_over), 'days', count(*), 'as_of', (select asked.as_of from ${asked})) from ${eachDay(days, now)} as room) end)`

/** True of a product `p` that something limits. Told first: of most products nobody need look at any day. */
const isLimited = sql<boolean>`(p.daily_capacity is not null or exists (
  select from forecasts known where known.tenant_id = p.tenant_id and known.product_id = p.product_id offset 0))`

/** What the ad server of a product `p` was asked for, if that was about the product as it is now. */
const asked = sql`forecasts asked where asked.tenant_id = p.tenant_id and asked.product_id = p.product_id
  and asked.connection_id = p.connection_id and asked.asked_of = p.ad_server_config`

/** One row for each day; null where it is not known what is left. Everything is looked up by product and day, and read once. */
function eachDay({ from, to }: Days, now: Date) {
  const within = sql`day between ${from}::date and ${to}::date`
  return sql`(
    select least(p.daily_capacity, min(capacity)) - coalesce(sum(amount), 0)::bigint as left_over from (
      select ${from}::date + n as day, null::bigint as capacity, null::bigint as amount
      from generate_series(0, ${to}::date - ${from}::date) n
      union all
      select day, f.capacity, null::bigint from forecast_days f
      where f.tenant_id = p.tenant_id and f.product_id = p.product_id and ${within} and exists (select from ${asked} offset 0)
      union all
      select day, null::bigint, amount from reservations r where r.tenant_id = p.tenant_id and r.product_id = p.product_id
        and r.released_at is null and ${within}
      union all
      select day, null::bigint, amount from proposal_holds h where h.tenant_id = p.tenant_id and h.product_id = p.product_id
        and h.expires_at > ${now} and ${within}
    ) as known group by day)`
}
