import { sql } from 'kysely'
import { BOOKED, isBookedId } from '../adcp/booked_id.ts'
import type { ReadDb, Trx } from '../db/database.ts'
import type { AdServerStatus } from '../db/schema.ts'
import type { AccountRow } from './media_buys.ts'
import { pageOf } from './order_page.ts'
import { currentGeneration } from './synced.ts'

/** A line item of such an order; money as text, times as ISO text, in UTC both. null: the ad server does not say it. */
export interface BookedItem {
  id: string
  name: string
  status: AdServerStatus
  pricing_model: string | null
  price: string | null
  currency: string | null
  goal: string | null
  /** What the goal costs at the price. */
  budget: string | null
  start_time: string | null
  end_time: string | null
  delivered: { impressions: number; clicks: number | null; completions: number | null } | null
}
/** An order that people booked on an ad server, for an advertiser that is this buyer's, as it was read last. */
export interface BookedRow {
  media_buy_id: string
  connection: string
  connection_id: string
  order_id: string
  name: string
  po_number: string | null
  /** What AdCP calls how it stands now, by what the ad server said and the clock. */
  status: 'pending_start' | 'active' | 'paused' | 'completed' | 'canceled'
  currency: string | null
  /** Where nothing of the order says which: the main one of its network, or of the publisher. */
  usual_currency: string
  budget: string | null
  start_time: Date | null
  end_time: Date | null
  known_since: Date
  /** Since then what is told here may have changed. */
  as_of: Date
  /** What its line items delivered may be this old: ad servers do not call that a change. */
  counted_at: Date | null
  account_id: string | null
  /** The one buyer that names the advertiser; null where an account does, or several buyers. */
  principal_id: string | null
  /** What that one is called. */
  buyer: string | null
  /** Where its ad server shows orders to people, with `{order}` for the id; null: not known. */
  order_page: string | null
  account: AccountRow | null
  items: BookedItem[]
}

/** Whose orders: a buyer's, or all of a publisher's. */
export interface BookedFor {
  tenant_id: string
  principal_id?: string
  sandbox?: boolean
}

/**
 * The orders people booked for a buyer's advertisers, or for those of all buyers (docs/synchronisation.md), one row each. Those we booked are not among them, nor
 * drafts and what waits for approval there: nobody has agreed to them yet. Line items likewise.
 */
export function selectBookedOrders(
  db: ReadDb | Trx,
  { tenant_id, principal_id, sandbox = false }: BookedFor,
  now: Date,
) {
  const orders = db
    .selectFrom('advertisers as advertiser')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'advertiser.connection_id')
    .innerJoin('tenants as tenant', 'tenant.tenant_id', 'connection.tenant_id')
    .innerJoin('ad_server_orders as booked', 'booked.advertiser_id', 'advertiser.advertiser_id')
    .innerJoin('sync_jobs as run', 'run.generation', 'booked.generation')
    .innerJoin('booked_orders as known', (join) =>
      join
        .onRef('known.connection_id', '=', 'connection.connection_id')
        .onRef('known.order_id', '=', 'booked.id'),
    )
    .leftJoin('sync_jobs as item_run', (join) =>
      join
        .onRef('item_run.connection_id', '=', 'connection.connection_id')
        .on('item_run.kind', '=', 'line_items')
        .on('item_run.state', '=', 'current'),
    )
    .leftJoin('accounts as account', 'account.account_id', 'advertiser.account_id')
    .leftJoin('principals as agent', 'agent.principal_id', 'advertiser.principal_id')
    .innerJoin(together.as('item'), (join) => join.onTrue())
    .where(sql<boolean>`not ${sandbox}`)
    .where('connection.tenant_id', '=', tenant_id)
    .where('advertiser.tenant_id', '=', tenant_id)
    .where('connection.archived_at', 'is', null)
    .$if(principal_id !== undefined, (q) =>
      q.where(
        sql<boolean>`(advertiser.principal_id = ${principal_id} or exists (
          select from account_principals member
          where member.account_id = advertiser.account_id and member.principal_id = ${principal_id}))`,
      ),
    )
    .where('booked.generation', '=', currentGeneration(sql.ref('connection.connection_id'), 'orders'))
    .where('booked.external_key', 'is', null)
    .where('booked.status', 'not in', ['draft', 'pending'])
    // ours whatever it is called by now
    .where(
      sql<boolean>`not exists (select from ad_server_objects ours where ours.connection_id = connection.connection_id
        and ours.kind = 'order' and ours.external_id = booked.id collate "default")`,
    )
    .select([
      mediaBuyId.as('media_buy_id'),
      'connection.name as connection',
      'connection.connection_id',
      'booked.id as order_id',
      'booked.name',
      'booked.po_number',
      statusAt(now).as('status'),
      sql<string | null>`coalesce(booked.currency, item.currency)`.as('currency'),
      sql<string>`coalesce(connection.network -> 'currencies' ->> 0, tenant.currencies[1])`.as(
        'usual_currency',
      ),
      sql<string | null>`coalesce(booked.budget, item.budget)::text`.as('budget'),
      starts.as('start_time'),
      ends.as('end_time'),
      'known.known_since',
      sql<Date>`least(run.started_at, item_run.started_at)`.as('as_of'),
      'item_run.whole_at as counted_at',
      'advertiser.account_id',
      'advertiser.principal_id',
      'agent.name as buyer',
      pageOf('connection', sql.ref('booked.advertiser_id')).as('order_page'),
      sql<AccountRow | null>`case when account.account_id is not null then json_build_object(
        'account_id', account.account_id, 'name', account.name, 'status', account.status, 'sandbox', account.sandbox) end`.as(
        'account',
      ),
      'item_run.generation as item_generation',
    ])
  return db.selectFrom(orders.as('booked')).selectAll().select(items.as('items'))
}

const mediaBuyId = sql<string>`(${BOOKED} || connection.connection_id || ':' || booked.id) collate "C"`

/** What the goal of a line item costs; null where its price is for something else, or unknown. */
const budget = sql`case pricing_model
  when 'cpm' then goal * price / 1000 when 'vcpm' then goal * price / 1000
  when 'cpc' then goal * price when 'cpcv' then goal * price when 'flat_rate' then price end`

const itemsOf = (generation: string, order_id: string) => sql`ad_server_line_items
  where generation = ${sql.ref(generation)} and order_id = ${sql.ref(order_id)} collate "default" and status not in ('draft', 'pending')`

/** What an order's line items say together. */
const together = sql<{
  currency: string | null
  budget: string | null
}>`lateral (
  select case when count(distinct currency) = 1 then min(currency) end as currency,
    case when bool_and(${budget} is not null) then sum(${budget}) end as budget,
    min(start_time) as starts, case when count(*) = count(end_time) then max(end_time) end as ends,
    count(*) as all_of_it, count(*) filter (where status = 'canceled') as canceled,
    count(*) filter (where status = 'completed') as completed, count(*) filter (where status = 'paused') as paused,
    coalesce(bool_or(status in ('serving', 'not_delivering')), false) as running
  from ${itemsOf('item_run.generation', 'booked.id')})`

/** Each of them; worked out for what is on the page only. */
const items = sql<BookedItem[]>`(
  select coalesce(json_agg(json_build_object(
    'id', id, 'name', name, 'status', status, 'pricing_model', pricing_model, 'price', price::text, 'currency', currency,
    'goal', goal::text, 'budget', round(${budget}, 2)::text, 'delivered', delivered,
    'start_time', to_json(start_time at time zone 'UTC') #>> '{}', 'end_time', to_json(end_time at time zone 'UTC') #>> '{}')
    order by id), '[]')
  from ${itemsOf('booked.item_generation', 'booked.order_id')})`

const starts = sql<Date | null>`coalesce(item.starts, booked.start_time)`
const ends = sql<Date | null>`coalesce(item.ends, booked.end_time)`

/** A flight begins and ends by the clock: an ad server does not call that a change, so what was read of it may be old. */
const statusAt = (now: Date) => sql<BookedRow['status']>`case
  when booked.status = 'canceled' or (item.all_of_it > 0 and item.canceled = item.all_of_it)
    then case when item.completed > 0 then 'completed' else 'canceled' end
  when booked.status = 'completed' or ${ends} <= ${now} or (item.completed > 0 and item.completed + item.canceled = item.all_of_it)
    then 'completed'
  when booked.status = 'paused' or (item.paused > 0 and item.paused + item.completed + item.canceled = item.all_of_it)
    then 'paused'
  when case when ${starts} is null then not item.running else ${starts} > ${now} end then 'pending_start'
  else 'active' end`

/** Of these media_buy_ids those that are orders people booked for this buyer, with where and under which number. */
export async function readBookedAmong(
  db: ReadDb | Trx,
  buyer: BookedFor,
  ids: readonly string[],
  now: Date,
): Promise<Pick<BookedRow, 'media_buy_id' | 'connection' | 'order_id'>[]> {
  const asked = ids.filter(isBookedId)
  if (asked.length === 0) return []
  return selectBookedOrders(db, buyer, now).where('booked.media_buy_id', 'in', asked).execute()
}
