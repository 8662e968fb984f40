import { sql } from 'kysely'
import type { DeliveryRow } from '../../adapters/adapter.ts'
import { decimalOf } from '../../adcp/money.ts'
import { confirmDelivery } from '../../commands/confirm_delivery.ts'
import { recordDelivery, type Figures } from '../../commands/record_delivery.ts'
import type { Db, Trx } from '../../db/database.ts'
import { correctableSince, isOver, type ReadBuy } from './due.ts'
import { figuresOf, keyOf, type Covered, type Told } from './figures.ts'
import { dayAt, daysLater, utcHourOf } from './network_clock.ts'

export interface ReadReport extends Covered {
  connection_id: string
  corrections_days: number
  started_at: Date
  rows: readonly DeliveryRow[]
}

/**
 * Stores what a report says of one media buy: what is new, what has changed, what is gone again, and that the rest still stands.
 * Twice is as good as once. Gives how many figures were written.
 */
export async function storeReport(trx: Trx, buy: ReadBuy, report: ReadReport, now: Date): Promise<number> {
  const { tenant_id, media_buy_id } = buy
  const { as_of, started_at, corrections_days } = report
  const told = figuresOf(buy, report.rows, report)
  const stored = await selectStored(trx, media_buy_id, report).execute()
  const known = new Map(stored.map((row) => [keyOf(row), row]))
  const keys = new Set(told.map(keyOf))
  const gone = stored.filter(
    (row) => !keys.has(keyOf(row)) && buy.packages.some(({ package_id }) => package_id === row.package_id),
  )
  const all = [...told, ...gone.map(emptied)].toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1))
  const changed = all.filter((one) => !isSame(one, known.get(keyOf(one))))
  const common = { tenant_id, media_buy_id, source: 'ad_server', as_of, now } as const
  for (const one of changed) {
    const { package_id, day, hour } = one
    const slot = { package_id, day, ...(hour !== null && { hour }) }
    await recordDelivery(trx, { ...common, ...slot, figures: toFigures(one), mode: 'replace' })
  }
  const corrected =
    report.from <= dayAt(correctableSince(buy, started_at, corrections_days), report.time_zone)
  const final = corrected && isOver(buy, started_at, corrections_days)
  for (const { package_id, start_time } of buy.packages)
    if (new Date(start_time) < as_of || final) await confirmDelivery(trx, { ...common, package_id, final })
  await keepProgress(trx, buy, report, { corrected, final })
  return changed.length
}

function selectStored(trx: Trx, media_buy_id: string, { from, to, time_zone }: Covered) {
  const [begin, end] = [utcHourOf(from, 0, time_zone), utcHourOf(daysLater(to, 1), 0, time_zone)]
  return trx
    .selectFrom('package_delivery')
    .select([
      'package_id',
      'day',
      'hour',
      'impressions',
      'spend',
      'clicks',
      'completed_views',
      'measurable_impressions',
      'viewable_impressions',
    ])
    .where('media_buy_id', '=', media_buy_id)
    .where('source', '=', 'ad_server')
    .where(
      sql<boolean>`case when hour is null then day between ${from}::date and ${to}::date
        else (day + hour * interval '1 hour') at time zone 'UTC' >= ${begin} and (day + hour * interval '1 hour') at time zone 'UTC' < ${end} end`,
    )
}
type Stored = Awaited<ReturnType<ReturnType<typeof selectStored>['execute']>>[number]
type Priced = Told & { spend: bigint }

/** Nothing, of what was something before: the ad server took it back. What was never counted stays so. */
function emptied(row: Stored): Priced {
  const zero = (value: string | null) => (value === null ? null : 0)
  return {
    package_id: row.package_id,
    day: row.day,
    hour: row.hour,
    impressions: 0,
    spend: 0n,
    clicks: zero(row.clicks),
    completions: zero(row.completed_views),
    measurable_impressions: zero(row.measurable_impressions),
    viewable_impressions: zero(row.viewable_impressions),
  }
}

function isSame(told: Priced, stored: Stored | undefined): boolean {
  if (!stored) return told.impressions === 0 && told.spend === 0n && !told.clicks && !told.completions
  const text = (value: number | null) => (value === null ? null : String(value))
  return (
    stored.impressions === text(told.impressions) &&
    stored.spend === decimalOf(told.spend) &&
    stored.clicks === text(told.clicks) &&
    stored.completed_views === text(told.completions) &&
    stored.measurable_impressions === text(told.measurable_impressions) &&
    stored.viewable_impressions === text(told.viewable_impressions)
  )
}

function toFigures(told: Priced): Figures {
  const { impressions, clicks, completions, measurable_impressions, viewable_impressions } = told
  return {
    impressions,
    spend: Number(decimalOf(told.spend)),
    ...(clicks !== null && { clicks }),
    ...(completions !== null && { completed_views: completions }),
    ...(measurable_impressions !== null && { measurable_impressions }),
    ...(viewable_impressions !== null && { viewable_impressions }),
  }
}

/** What a report says of a media buy could not be stored: the next one may tell it better, in its time. */
export function keepUnread(db: Db, buy: ReadBuy, report: ReadReport): Promise<void> {
  const as_of = buy.read_until ?? buy.start_time
  return keepProgress(db, buy, { ...report, as_of }, { corrected: false, final: false })
}

async function keepProgress(
  db: Db | Trx,
  { media_buy_id, corrected_at }: ReadBuy,
  { connection_id, started_at, as_of }: ReadReport,
  { corrected, final }: { corrected: boolean; final: boolean },
) {
  const progress = {
    read_until: as_of,
    read_at: started_at,
    corrected_at: corrected ? started_at : (corrected_at ?? started_at),
    closed_at: final ? started_at : null,
  }
  await db
    .insertInto('delivery_progress')
    .values({ connection_id, media_buy_id, ...progress })
    .onConflict((oc) =>
      oc
        .columns(['connection_id', 'media_buy_id'])
        .doUpdateSet(progress)
        .where('delivery_progress.read_at', '<=', started_at),
    )
    .execute()
}
