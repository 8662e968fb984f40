import { sql, type RawBuilder } from 'kysely'
import { splitByWeights, splitMoney } from '../adcp/split.ts'
import type { Trx } from '../db/database.ts'
import type { DeliverySource } from '../db/schema.ts'

/** What was delivered and counted; spend and conversion_value in the media buy's currency. What is left out was not measured. */
export interface Figures {
  impressions: number
  spend: number
  clicks?: number
  views?: number
  completed_views?: number
  q1_views?: number
  q2_views?: number
  q3_views?: number
  q4_views?: number
  measurable_impressions?: number
  viewable_impressions?: number
  conversions?: number
  conversion_value?: number
}
export interface Delivery {
  tenant_id: string
  media_buy_id: string
  /** Without it the figures are the whole buy's, and are split over its packages by budget. */
  package_id?: string
  /** `YYYY-MM-DD` in UTC. */
  day: string
  /** 0 to 23 in UTC; without it, somewhere in that day. */
  hour?: number
  source: DeliverySource
  figures: Figures
  /** `replace` takes the place of what the source told of that day (or hour) before, `add` is on top of it. */
  mode: 'replace' | 'add'
  /** Up to when the source had counted. What replaces must not be older than what is there, or it changes nothing. */
  as_of: Date
  /** The source will not change these figures any more. */
  final?: boolean
  now: Date
}

/** The media buy has no such package. */
export class UnknownPackageError extends Error {
  override name = 'UnknownPackageError'
}

const counts = [
  'impressions',
  'clicks',
  'views',
  'completed_views',
  'q1_views',
  'q2_views',
  'q3_views',
  'q4_views',
  'measurable_impressions',
  'viewable_impressions',
  'conversions',
] as const
const amounts = ['spend', 'conversion_value'] as const
const figures = [...counts, ...amounts]

/**
 * Stores what was delivered on a day. Replacing is safe to repeat and to be overtaken; figures that were replaced stay in
 * package_delivery_history. @throws UnknownPackageError
 */
export async function recordDelivery(trx: Trx, delivery: Delivery): Promise<void> {
  const { tenant_id, media_buy_id, day, hour = null, source, as_of, final = false, now, mode } = delivery
  const packages = await selectPackages(trx, delivery).execute()
  if (packages.length === 0) throw new UnknownPackageError('The media buy has no such package.')
  const shares = split(
    delivery.figures,
    packages.map(({ cents }) => BigInt(cents)),
  )
  const told = { tenant_id, media_buy_id, day, hour, source, as_of, recorded_at: now }
  await trx
    .insertInto('package_delivery')
    .values(
      packages.map(({ package_id }, index) => ({
        ...told,
        ...shares(index),
        package_id,
        finalized_at: final ? now : null,
      })),
    )
    .onConflict((oc) => {
      const update = oc.columns(['package_id', 'day', 'hour', 'source']).doUpdateSet({
        ...Object.fromEntries(figures.map((name) => [name, mode === 'add' ? added(name) : excluded(name)])),
        as_of: sql`greatest(package_delivery.as_of, excluded.as_of)`,
        finalized_at: sql`case when excluded.finalized_at is not null then coalesce(package_delivery.finalized_at, excluded.finalized_at) end`,
        recorded_at: now,
      })
      return mode === 'add' ? update : update.where(sql<boolean>`excluded.as_of >= package_delivery.as_of`)
    })
    .execute()
  await wakeReports(trx, media_buy_id, now)
}

/** Something may be due: a window that waited for its figures, or a correction. */
export async function wakeReports(trx: Trx, media_buy_id: string, now: Date): Promise<void> {
  await trx
    .updateTable('reporting_webhooks')
    .set({ next_at: sql`least(next_at, ${now}::timestamptz)` })
    .where('media_buy_id', '=', media_buy_id)
    .where('replaced_at', 'is', null)
    .execute()
}

const excluded = (name: string) => sql.ref(`excluded.${name}`)
/** What was never measured stays so until somebody measures it. */
const added = (name: string): RawBuilder<unknown> =>
  sql`case when ${excluded(name)} is null then ${sql.ref(`package_delivery.${name}`)}
    else coalesce(${sql.ref(`package_delivery.${name}`)}, 0) + ${excluded(name)} end`

/** Gives each package's share of all figures. */
function split(given: Figures, weights: readonly bigint[]) {
  const columns = [
    ...counts.map((name) => [name, part(given[name], (n) => splitByWeights(BigInt(n), weights))] as const),
    ...amounts.map((name) => [name, part(given[name], (n) => splitMoney(n, weights))] as const),
  ]
  return (index: number) =>
    Object.fromEntries(columns.map(([name, parts]) => [name, parts?.[index] ?? null])) as Record<
      (typeof figures)[number],
      string
    >
}

function part(
  value: number | undefined,
  parts: (value: number) => readonly (bigint | string)[],
): string[] | undefined {
  return value === undefined ? undefined : parts(value).map(String)
}

/** The one that is meant; or all that were not canceled, or all if none is left. */
function selectPackages(trx: Trx, { tenant_id, media_buy_id, package_id }: Delivery) {
  const live = trx
    .selectFrom('media_packages')
    .select('package_id')
    .where('media_buy_id', '=', media_buy_id)
    .where('canceled', '=', false)
  return trx
    .selectFrom('media_packages')
    .select(['package_id', sql<string>`(budget * 100)::bigint`.as('cents')])
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .$if(package_id !== undefined, (q) => q.where('package_id', '=', package_id ?? ''))
    .$if(package_id === undefined, (q) =>
      q.where(({ or, eb, not, exists }) => or([eb('canceled', '=', false), not(exists(live))])),
    )
    .orderBy('position')
}
