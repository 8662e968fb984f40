import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'
import type { ReportWindow } from '../../adcp/report_window.ts'

const MOST_BUYS = 500

/** Reporting webhooks that may have something due, the longest due first. What is not yet a media buy is not reported. */
export function selectDueTasks(db: Db, now: Date) {
  return db
    .selectFrom('reporting_webhooks as reporting')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'reporting.media_buy_id')
    .select(['reporting.task_id', 'reporting.media_buy_id'])
    .where('reporting.replaced_at', 'is', null)
    .where('buy.confirmed_at', 'is not', null)
    .where(({ eb, or, and }) =>
      or([
        eb('reporting.next_at', '<=', now),
        // it ended before its time
        and([eb('reporting.finished_at', 'is', null), eb('buy.status', 'in', ['canceled', 'rejected'])]),
      ]),
    )
    .orderBy('reporting.next_at')
    .limit(MOST_BUYS)
}

/** Locked for this worker alone; nothing while another one is at it. */
export function lockReporting(trx: Trx, task_id: string) {
  return trx
    .selectFrom('reporting_webhooks as reporting')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'reporting.media_buy_id')
    .selectAll('reporting')
    .select(['buy.start_time', 'buy.end_time', 'buy.status', 'buy.canceled_at', 'buy.updated_at'])
    .where('reporting.task_id', '=', task_id)
    .where('reporting.replaced_at', 'is', null)
    .forUpdate('reporting')
    .skipLocked()
}

export type Reporting = NonNullable<Awaited<ReturnType<ReturnType<typeof lockReporting>['executeTakeFirst']>>>

/** Every window the buyer was told figures are late for. */
export async function readDelayed(trx: Trx, media_buy_id: string): Promise<Set<number>> {
  const rows = await trx
    .selectFrom('delivery_reports')
    .select('window_start')
    .where('media_buy_id', '=', media_buy_id)
    .where('notification_type', '=', 'delayed')
    .execute()
  return new Set(rows.map(({ window_start }) => window_start.getTime()))
}

/** Days of which a source told figures without saying in which hour. */
export async function readDaysWithoutHours(trx: Trx, media_buy_id: string): Promise<Set<string>> {
  const rows = await trx
    .selectFrom('package_delivery')
    .select('day')
    .distinct()
    .where('media_buy_id', '=', media_buy_id)
    .where('hour', 'is', null)
    .where(sql<boolean>`(impressions > 0 or spend > 0)`)
    .execute()
  return new Set(rows.map(({ day }) => day))
}

/** Reported windows whose figures have changed since they were last told. */
export async function readCorrected(trx: Trx, media_buy_id: string): Promise<ReportWindow[]> {
  const { rows } = await sql<ReportWindow>`
    with told as (
      select distinct on (window_start, window_end) window_start, window_end, figures from delivery_reports
      where media_buy_id = ${media_buy_id} and notification_type in ('scheduled', 'adjusted')
      order by window_start, window_end, sequence_number desc)
    select window_start as start, window_end as "end" from told
    where figures <> (
      select coalesce(sum(generation), 0) from package_delivery
      where media_buy_id = ${media_buy_id} and day >= (window_start at time zone 'UTC')::date
        and day <= ((window_end - interval '1 second') at time zone 'UTC')::date
        and (window_end - window_start > interval '1 hour' or hour = extract(hour from window_start at time zone 'UTC')))
    order by window_start`.execute(trx)
  return rows
}
