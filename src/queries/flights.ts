import { sql } from 'kysely'
import type { Flight } from '../adcp/flight_clock.ts'
import type { ReadDb, Trx } from '../db/database.ts'

/**
 * Media buys as the clock sees them, one row each. Those of the sandbox are not among them: nothing of theirs is on an ad server,
 * and their buyers hold the clock themselves (comply_test_controller).
 */
export function selectFlights(db: ReadDb | Trx) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .where('account.sandbox', '=', false)
    .select([
      'buy.media_buy_id',
      'buy.tenant_id',
      'buy.status',
      starts.as('starts'),
      ends.as('ends'),
      stands.as('stands'),
      sql<boolean>`(${placedBeforeEnd} and not ${unserved} or ${delivered})`.as('ran'),
      unserved.as('unserved'),
      delivered.as('delivered'),
    ])
}
export type FlightRow = Flight & { media_buy_id: string; tenant_id: string }

const starts = sql<Date>`coalesce((
  select min(p.start_time) from media_packages p where p.media_buy_id = buy.media_buy_id and not p.canceled), buy.start_time)`

const ends = sql<Date>`greatest(buy.end_time, (
  select max(p.end_time) from media_packages p where p.media_buy_id = buy.media_buy_id and not p.canceled))`

const stands = sql<boolean>`(not exists (
  select from media_packages p left join fulfilments f using (media_buy_id, connection_id)
  where p.media_buy_id = buy.media_buy_id and not p.canceled and f.placed_at is null)
  and exists (
  select from media_packages p where p.media_buy_id = buy.media_buy_id and not p.canceled and not exists (
    select from delivery_concerns c where c.package_id = p.package_id and c.concern = 'not_serving' and c.closed_at is null)))`

const placedBeforeEnd = sql<boolean>`exists (
  select from fulfilments f where f.media_buy_id = buy.media_buy_id and f.placed_at < ${ends})`

/** An ad server is asked of each package from a quarter of an hour before it begins, so what is noted that long after began with it. */
const unserved = sql<boolean>`(exists (
  select from media_packages p where p.media_buy_id = buy.media_buy_id and not p.canceled)
  and not exists (
  select from media_packages p join fulfilments f using (media_buy_id, connection_id)
  where p.media_buy_id = buy.media_buy_id and not p.canceled and not exists (
    select from delivery_concerns c where c.package_id = p.package_id and c.concern = 'not_serving'
      and c.opened_at <= greatest(p.start_time, f.placed_at) + interval '15 minutes'
      and coalesce(c.closed_at, 'infinity') >= p.end_time)))`

const delivered = sql<boolean>`(exists (
  select from package_delivery d where d.tenant_id = buy.tenant_id and d.media_buy_id = buy.media_buy_id
    and (d.impressions > 0 or d.spend > 0))
  or exists (
  select from package_snapshots s where s.tenant_id = buy.tenant_id and s.media_buy_id = buy.media_buy_id and s.impressions > 0))`

/** Those that time has something to do with by `by`, in the order of their ids from after one on. */
export function selectDueFlights(db: ReadDb, by: Date, after: string) {
  return selectFlights(db)
    .where('buy.media_buy_id', '>', after)
    .where(({ eb, or, and }) =>
      or([
        and([
          eb('buy.status', '=', 'pending_start'),
          eb('buy.start_time', '<=', by),
          eb(starts, '<=', by),
          stands,
        ]),
        and([
          eb('buy.status', 'in', [
            'pending_approval',
            'pending_creatives',
            'pending_start',
            'active',
            'paused',
          ]),
          eb('buy.end_time', '<=', by),
          eb(ends, '<=', by),
        ]),
      ]),
    )
    .orderBy('buy.media_buy_id')
}
