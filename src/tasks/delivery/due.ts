import { sql } from 'kysely'
import type { Db, ReadDb, Trx } from '../../db/database.ts'
import type { PackageTerms } from './agreed_spend.ts'
import { dayAt } from './network_clock.ts'

/** More would make a report, or the question for it, too large; the rest follows in the next. */
const MOST_ORDERS = 200
/** What is delivered late is looked for this far back each time, and further once a day. */
const DAY_MS = 86_400_000

/** A media buy whose orders on one ad server deliver or may still be corrected. */
export interface ReadBuy {
  media_buy_id: string
  tenant_id: string
  currency: string
  start_time: Date
  /** When it ends, or ended before its time. */
  ended: Date
  read_until: Date | null
  corrected_at: Date | null
  order_ids: string[]
  packages: (PackageTerms & {
    package_id: string
    canceled_at: string | null
    line_item_ids: string[]
  })[]
}

/** Those whose figures are to be read now, the longest not read first. */
export function selectDueBuys(db: Db, connection_id: string, now: Date) {
  return selectBuys(db, connection_id)
    .where('buy.start_time', '<=', now)
    .where('progress.closed_at', 'is', null)
    .where(({ eb, or }) =>
      or([
        eb('progress.read_at', 'is', null),
        eb(
          'progress.read_at',
          '<=',
          sql<Date>`${now}::timestamptz - c.delivery_minutes * interval '30 seconds'`,
        ),
      ]),
    )
    .orderBy('progress.read_at', (order) => order.asc().nullsFirst())
    .orderBy('buy.media_buy_id')
    .limit(MOST_ORDERS)
}

/** Media buys with line items on an ad server, as far as our own steps made them. */
export function selectBuys(db: ReadDb | Trx, connection_id: string) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('adapter_configs as c', 'c.tenant_id', 'buy.tenant_id')
    .leftJoin('delivery_progress as progress', (join) =>
      join
        .onRef('progress.media_buy_id', '=', 'buy.media_buy_id')
        .onRef('progress.connection_id', '=', 'c.connection_id'),
    )
    .where('c.connection_id', '=', connection_id)
    .where(
      sql<boolean>`exists (select from ad_server_objects o where o.media_buy_id = buy.media_buy_id
      and o.connection_id = c.connection_id and o.kind = 'line_item')`,
    )
    .select([
      'buy.media_buy_id',
      'buy.tenant_id',
      'buy.currency',
      'buy.start_time',
      sql<Date>`least(buy.end_time, buy.canceled_at)`.as('ended'),
      'progress.read_until',
      'progress.corrected_at',
      sql<string[]>`array(select external_id from ad_server_objects o where o.media_buy_id = buy.media_buy_id
        and o.connection_id = c.connection_id and o.kind = 'order')`.as('order_ids'),
      packages.as('packages'),
    ])
}

const packages = sql<ReadBuy['packages']>`(
  select json_agg(json_build_object(
    'package_id', p.package_id, 'pricing_model', p.pricing_model, 'price', p.price::text, 'bid_price', p.bid_price::text,
    'budget', p.budget::text, 'start_time', p.start_time, 'end_time', p.end_time, 'canceled_at', p.canceled_at,
    'line_item_ids', item.ids) order by p.position)
  from media_packages p join lateral (
    select array_agg(o.external_id) as ids from ad_server_objects o
    where o.package_id = p.package_id and o.connection_id = c.connection_id and o.kind = 'line_item') item on item.ids is not null
  where p.media_buy_id = buy.media_buy_id)`

/** Where its figures may still have changed at a moment, when everything that may be corrected is looked at. */
export function correctableSince({ start_time, ended }: ReadBuy, at: Date, correctionsDays: number): Date {
  const last = Math.min(at.getTime(), ended.getTime())
  return new Date(Math.max(start_time.getTime(), last - correctionsDays * DAY_MS))
}

/** Whether no correction is to be expected any more. */
export function isOver({ ended }: ReadBuy, at: Date, correctionsDays: number): boolean {
  return at.getTime() >= ended.getTime() + correctionsDays * DAY_MS
}

/** The first day, on the network's clock, that a report on these media buys must tell. */
export function firstDay(
  buys: readonly ReadBuy[],
  now: Date,
  correctionsDays: number,
  timeZone: string,
): string {
  const starts = buys.map((buy) => {
    const { start_time, read_until, corrected_at } = buy
    const recent = Math.max(start_time.getTime(), (read_until ?? start_time).getTime() - DAY_MS)
    const corrected = corrected_at !== null && now.getTime() - corrected_at.getTime() < DAY_MS
    const over = isOver(buy, now, correctionsDays)
    return corrected && !over
      ? recent
      : Math.min(recent, correctableSince(buy, now, correctionsDays).getTime())
  })
  return dayAt(new Date(Math.min(...starts)), timeZone)
}
