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
/** What is left of a product in some days; null where nothing limits it or nobody knows. */
export interface Left {
  /** On the day with the least of it. */
  least: number | null
  /** On all days together. */
  all: number | null
  /** On how many of them it is known. */
  known: number
  days: number
  /** When its ad server was last asked. */
  as_of: string | null
  /** Whether its ad server can be asked at all. */
  asked: boolean
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
  sql`(case when p.daily_capacity is not null or exists (
      select from forecasts known where known.tenant_id = p.tenant_id and known.product_id = p.product_id offset 0)
    then (select min(left_over) from ${eachDay(days, now)} as room) end)`

/** All that is known of what is left of a product `p`, as JSON. */
export const whatIsLeft = (days: Days, now: Date): RawBuilder<Left> =>
  sql`(select json_build_object('least', min(left_over), 'all', sum(greatest(left_over, 0)), 'known', count(left_over),
    'days', count(*), 'as_of', min(as_of), 'asked', p.delivery_type = 'guaranteed' and exists (
      select from adapter_configs c where c.connection_id = p.connection_id and c.capabilities ? 'forecasts') and exists (
      select from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id and o.pricing_model in ('cpm', 'vcpm')))
    from ${eachDay(days, now)} as room)`

function eachDay({ from, to }: Days, now: Date) {
  return sql`(
    select asked.as_of, least(p.daily_capacity, f.capacity) - coalesce(held.amount, 0) as left_over
    from generate_series(${from}::date, ${to}::date, interval '1 day') as the(day)
    left join forecasts asked on asked.tenant_id = p.tenant_id and asked.product_id = p.product_id
      and asked.connection_id = p.connection_id and asked.asked_of = p.ad_server_config
    left join forecast_days f on f.tenant_id = asked.tenant_id and f.product_id = asked.product_id and f.day = the.day::date
    left join (
      select day, sum(amount)::bigint as amount from (
        select day, amount from reservations r where r.tenant_id = p.tenant_id and r.product_id = p.product_id
          and r.released_at is null and r.day between ${from}::date and ${to}::date
        union all
        select day, amount from proposal_holds h where h.tenant_id = p.tenant_id and h.product_id = p.product_id
          and h.expires_at > ${now} and h.day between ${from}::date and ${to}::date
      ) as promised group by day
    ) as held on held.day = the.day::date)`
}
