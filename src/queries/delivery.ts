import { sql, type RawBuilder } from 'kysely'
import type { Sums } from '../adcp/delivery_metrics.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { MediaBuyStatus, Pacing, PricingModel } from '../db/schema.ts'

/** Figures of a package (then `day` is null), of a day (then `package_id` is), of both, or of all (then both are). */
export interface DeliveredRow extends Sums {
  package_id: string | null
  day: string | null
  as_of: string
  final: boolean
  finalized_at: string | null
  /** Grows with every figure that is added or corrected, and with nothing else. */
  figures: number
}
/** A package as PostgreSQL hands it over inside JSON: money as text, times as ISO text. */
export interface DeliveringPackage {
  package_id: string
  pricing_model: PricingModel
  price: string | null
  bid_price: string | null
  budget: string
  impressions: string | null
  pacing: Pacing
  start_time: string
  end_time: string
  paused: boolean
  canceled: boolean
  guaranteed: boolean
  /** Its ad server says that it does not serve it. */
  not_serving: boolean
  reporting: {
    expected_delay_minutes: number
    available_metrics: string[]
    date_range_support: 'date_range' | 'lifetime_only'
  }
}
export interface DeliveryRow {
  media_buy_id: string
  status: MediaBuyStatus
  currency: string
  sandbox: boolean
  start_time: Date
  end_time: Date
  packages: DeliveringPackage[]
  /** Within the window asked for. */
  within: DeliveredRow[]
  /** Since the beginning, by package. */
  ever: DeliveredRow[]
}
/** Whole days in UTC, both included, or one hour of one. */
export type Window = { from?: string | undefined; to?: string | undefined; hour?: number }

/** Media buys of a tenant with what their packages delivered within a window, one row each. */
export function selectDelivery(
  db: ReadDb | Trx,
  tenant_id: string,
  window: Window,
  options: { days?: boolean; package_days?: boolean } = {},
) {
  const sets = ['(package_id)', '()', ...(options.days ? ['(day)'] : [])]
  if (options.package_days) sets.push('(package_id, day)')
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .where('buy.tenant_id', '=', tenant_id)
    .select([
      'buy.media_buy_id',
      'buy.status',
      'buy.currency',
      'account.sandbox',
      'buy.start_time',
      'buy.end_time',
      packages.as('packages'),
      delivered(inWindow(window), sets).as('within'),
      delivered(sql`true`, ['(package_id)']).as('ever'),
    ])
}

/** What packages delivered since they began, as line items of their ad servers last said. */
export function selectLineItemTotals(db: ReadDb, tenant_id: string, media_buy_ids: readonly string[]) {
  return db
    .selectFrom('package_snapshots')
    .select(['package_id', 'impressions', 'clicks', 'spend', utc(sql`as_of`).as('as_of')])
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', 'in', [...media_buy_ids])
}

function inWindow({ from, to, hour }: Window): RawBuilder<unknown> {
  return sql`day between ${from ?? '-infinity'}::date and ${to ?? 'infinity'}::date
    and (${hour ?? null}::int is null or hour = ${hour ?? null}::int)`
}

/** With grouping sets one scan gives every sum asked for, so that they always agree. */
function delivered(within: RawBuilder<unknown>, sets: string[]): RawBuilder<DeliveredRow[]> {
  const day = sql.raw(sets.some((set) => set.includes('day')) ? 'day' : 'null::date as day')
  return sql<DeliveredRow[]>`(
    select coalesce(json_agg(d order by d.day), '[]') from (
      select package_id, ${day}, sum(impressions)::text as impressions, sum(spend)::text as spend, sum(clicks)::text as clicks,
        sum(views)::text as views, sum(completed_views)::text as completed_views, sum(q1_views)::text as q1_views,
        sum(q2_views)::text as q2_views, sum(q3_views)::text as q3_views, sum(q4_views)::text as q4_views,
        sum(measurable_impressions)::text as measurable_impressions, sum(viewable_impressions)::text as viewable_impressions,
        sum(conversions)::text as conversions, sum(conversion_value)::text as conversion_value,
        ${utc(sql`max(as_of)`)} as as_of, bool_and(finalized_at is not null) as final,
        ${utc(sql`max(finalized_at)`)} as finalized_at, sum(generation)::int as figures
      from package_delivery where tenant_id = buy.tenant_id and media_buy_id = buy.media_buy_id and ${within}
      group by grouping sets (${sql.raw(sets.join(', '))}) having count(*) > 0) as d)`
}

const packages = sql<DeliveringPackage[]>`(
  select json_agg(json_build_object(
    'package_id', p.package_id, 'pricing_model', p.pricing_model, 'price', p.price::text, 'bid_price', p.bid_price::text,
    'budget', p.budget::text, 'impressions', p.impressions::text, 'pacing', p.pacing,
    'start_time', ${utc(sql`p.start_time`)}, 'end_time', ${utc(sql`p.end_time`)},
    'paused', p.paused, 'canceled', p.canceled, 'guaranteed', product.delivery_type = 'guaranteed',
    'not_serving', exists (select from delivery_concerns c
      where c.package_id = p.package_id and c.concern = 'not_serving' and c.closed_at is null),
    'reporting', product.reporting_capabilities) order by p.position)
  from media_packages p join products product using (tenant_id, product_id)
  where p.tenant_id = buy.tenant_id and p.media_buy_id = buy.media_buy_id)`

/** As ISO text with its zone, which PostgreSQL leaves out otherwise. */
function utc(time: RawBuilder<unknown>): RawBuilder<string> {
  return sql<string>`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
