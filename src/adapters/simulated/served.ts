import { sql } from 'kysely'
import { z } from 'zod'
import type { Books } from './books.ts'

const Decimal = z.string().nullable().default(null)
const Body = z.looseObject({
  budget: z.string(),
  price: Decimal,
  bid_price: Decimal,
  pricing_model: z.string(),
  impressions: z.coerce.number().nullable().default(null),
  start_time: z.string(),
  end_time: z.string(),
  currency: z.string(),
})

/** What a line item delivered so far, by the end of an hour. */
export interface Counted {
  impressions: number
  clicks: number
  completions: number | null
  /** Millionths. */
  spend: bigint
}
export interface Served {
  order_id: string
  line_item_id: string
  order_status: string
  status: string
  body: z.infer<typeof Body>
  /** By the books' own clock. */
  now: Date
  /** Each hour (UTC) it was on air in, with how long it had been by the beginning and by the end of that hour. */
  hours: { hour: string; seconds_before: number; seconds_after: number }[]
}

/** How long the line items of these orders have been on air: while the order stands and they are not paused, hour by hour. */
export async function readServed(
  books: Books,
  network: string,
  orderIds: readonly string[],
): Promise<Served[]> {
  const ids = orderIds.filter((id) => /^\d{1,18}$/.test(id))
  const { rows } = await sql<Omit<Served, 'body'> & { body: unknown }>`
    with item as (
      select o.order_id::text, i.line_item_id::text, o.status as order_status, i.status, i.body, i.idle,
        greatest((i.body ->> 'start_time')::timestamptz, i.created_at, o.approved_after) as opens,
        least((i.body ->> 'end_time')::timestamptz, o.canceled_at, now()) as closes
      from simulated.orders o join simulated.line_items i using (order_id)
      where o.network = ${network} and o.order_id = any(${ids}::bigint[])),
    on_air as (
      select *, case when opens < closes then tstzmultirange(tstzrange(opens, closes)) - idle else '{}' end as times from item)
    select order_id, line_item_id, order_status, status, body, now() as now, coalesce((
      select json_agg(json_build_object('hour', to_char(h at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'seconds_before', before.seconds, 'seconds_after', after.seconds) order by h)
      from generate_series(date_trunc('hour', lower(times)), upper(times), interval '1 hour') h,
        lateral (select coalesce(sum(extract(epoch from upper(r) - lower(r))), 0) as seconds
          from unnest(times * tstzmultirange(tstzrange(null, h))) r) before,
        lateral (select coalesce(sum(extract(epoch from upper(r) - lower(r))), 0) as seconds
          from unnest(times * tstzmultirange(tstzrange(null, h + interval '1 hour'))) r) after
    ), '[]') as hours
    from on_air order by line_item_id`.execute(books)
  return rows.map((row) => ({ ...row, body: Body.parse(row.body) }))
}

/** What so many seconds on air deliver: evenly, all that was booked by the end of a flight never interrupted. */
export function deliveredAfter({ body }: Pick<Served, 'body'>, seconds: number): Counted {
  const flight = (Date.parse(body.end_time) - Date.parse(body.start_time)) / 1000
  const share = Math.min(1, seconds / flight)
  const impressions = Math.floor(goalOf(body) * share)
  return {
    impressions,
    clicks: Math.floor(impressions / 200),
    completions: ['cpcv', 'cpv'].includes(body.pricing_model) ? Math.floor(impressions * 0.7) : null,
    spend: BigInt(Math.floor(Number(body.budget) * 1_000_000 * share)),
  }
}

/** Impressions booked, or what the budget buys at the price; at no price by the thousand, ten for each unit of money. */
function goalOf({ impressions, pricing_model, price, bid_price, budget }: z.infer<typeof Body>): number {
  if (impressions !== null) return impressions
  const rate = Number(price ?? bid_price)
  return ['cpm', 'vcpm'].includes(pricing_model) && rate > 0
    ? (Number(budget) / rate) * 1000
    : Number(budget) * 10
}
