import { sql } from 'kysely'
import type { ReadDb, Trx } from '../../db/database.ts'
import type { PackageTerms } from '../delivery/agreed_spend.ts'

/** A media buy that an ad server should serve, with what it holds of it. */
export interface StandingBuy {
  media_buy_id: string
  tenant_id: string
  principal_id: string
  currency: string
  /** Each change of the order has another. */
  desired_revision: number
  order_ids: string[]
  /** Those that should run now, or begin within minutes. */
  packages: (PackageTerms & { package_id: string; line_item_ids: string[] })[]
}
/** So that what does not serve is known before its flight begins. */
const AHEAD_MINUTES = 15

/** Media buys whose order on this ad server is as it is wanted and that run, or begin within minutes. */
export function selectStanding(db: ReadDb | Trx, connection_id: string, now: Date) {
  const objects = (kind: string, of: string) => sql`(
    select coalesce(json_agg(o.external_id order by o.external_id), '[]') from ad_server_objects o
    where o.connection_id = f.connection_id and o.media_buy_id = f.media_buy_id and o.kind = ${kind} ${sql.raw(of)})`
  return db
    .selectFrom('fulfilments as f')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'f.media_buy_id')
    .where('f.connection_id', '=', connection_id)
    .where('f.state', '=', 'placed')
    .where('f.desired_revision', '=', sql<number>`f.applied_revision`)
    .where('buy.status', 'in', ['pending_start', 'active'])
    .where('buy.start_time', '<=', sql<Date>`${now}::timestamptz + ${AHEAD_MINUTES} * interval '1 minute'`)
    .select([
      'f.media_buy_id',
      'f.tenant_id',
      'buy.principal_id',
      'buy.currency',
      'f.desired_revision',
      sql<string[]>`${objects('order', '')}`.as('order_ids'),
      sql<StandingBuy['packages']>`(
        select coalesce(json_agg(json_build_object('package_id', p.package_id,
          'line_item_ids', ${objects('line_item', 'and o.package_id = p.package_id')},
          'pricing_model', p.pricing_model, 'price', p.price::text, 'bid_price', p.bid_price::text,
          'budget', p.budget::text, 'start_time', p.start_time, 'end_time', p.end_time)), '[]')
        from media_packages p where p.media_buy_id = f.media_buy_id and p.connection_id = f.connection_id
          and not p.canceled and not p.paused and p.end_time > ${now}
          and p.start_time <= ${now}::timestamptz + ${AHEAD_MINUTES} * interval '1 minute')`.as('packages'),
    ])
    .orderBy('f.media_buy_id')
}
