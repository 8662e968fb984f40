import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Availability } from '../../adapters/adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { readBooked, type Booked } from './booked.ts'
import type { Due } from './due.ts'
import { schedule } from './schedule.ts'

/** When orders of ours were on their way, what they hold may be taken off twice until the next forecast, which therefore comes soon. */
const AFTER_RESTLESS_MS = 15 * 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR
/** Earlier or later by as much as this share of the interval, so that products are not all forecast at once. */
const JITTER = 0.1

type Forecast = Exclude<Availability, { per: 'nothing_yet' }>
/** What an ad server said, what it meant by it, when it was asked, and how our own orders stood just before. */
export interface Told {
  forecast: Forecast
  meaning: NonNullable<Capabilities['forecasts']>
  asked_at: Date
  before: Booked
}

/**
 * Keeps a forecast in place of the one before, all days at once: how much of the product may be promised in all, which is what the
 * ad server has left and what of it stands there for us already. Orders in motion meanwhile count as not standing: what is
 * promised is then too little until the next forecast, never too much (docs/availability.md). Writes nothing if the product was
 * changed or another worker was quicker.
 */
export async function keepForecast(db: Db, due: Due, told: Told): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await lockAsAsked(trx, due))) return
    const after = await readBooked(trx, due, told.asked_at)
    const counted = [...told.before.standing]
      .filter(([id, revision]) => after.standing.get(id) === revision)
      .map(([id]) => id)
    const restless = told.before.restless || after.restless || counted.length < told.before.standing.size
    const { tenant_id, product_id, generation } = due
    const written = await schedule(trx, due, {
      generation: generation + 1,
      as_of: told.asked_at,
      next_at: new Date(told.asked_at.getTime() + (restless ? AFTER_RESTLESS_MS : intervalOf(due))),
      failures: 0,
      last_error: null,
    })
    if (!written) return
    const own = told.meaning === 'left' ? await readOwn(trx, counted) : new Map<string, number>()
    const days = daysOf(told.forecast, due, told.asked_at).map(({ date, available }) => ({
      day: date,
      available,
      capacity: available + (own.get(date) ?? 0),
    }))
    await replaceDays(trx, { tenant_id, product_id }, days)
  })
}

/** The product, locked as purchases lock it, if it still is what was asked about. */
async function lockAsAsked(trx: Trx, due: Due): Promise<boolean> {
  const row = await trx
    .selectFrom('products')
    .select('product_id')
    .where('tenant_id', '=', due.tenant_id)
    .where('product_id', '=', due.product_id)
    .where('connection_id', '=', due.connection_id)
    .where('ad_server_config', '=', jsonb(due.ad_server_config))
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row !== undefined
}

function intervalOf({ product_id, generation, forecast_refresh_hours }: Due): number {
  const [byte = 0] = createHash('sha256').update(`${product_id} ${generation}`).digest()
  return forecast_refresh_hours * HOUR * (1 + JITTER * (byte / 127.5 - 1))
}

/** Whole, never negative, and within the days asked about; one figure for all of them is spread evenly. */
function daysOf(forecast: Forecast, due: Due, asked_at: Date): { date: string; available: number }[] {
  const { from, to } = horizonOf(due, asked_at)
  if (forecast.per === 'day')
    return forecast.days
      .filter(({ date }) => date >= from && date <= to)
      .map(({ date, available }) => ({ date, available: Math.max(0, Math.floor(available)) }))
  const each = Math.max(0, Math.floor(forecast.available / due.forecast_horizon_days))
  return Array.from({ length: due.forecast_horizon_days }, (_, i) => ({
    date: dayAfter(asked_at, i),
    available: each,
  }))
}

/** The days a product is forecast for, from today on. */
export function horizonOf({ forecast_horizon_days }: Due, now: Date): { from: string; to: string } {
  return { from: dayAfter(now, 0), to: dayAfter(now, forecast_horizon_days - 1) }
}

const dayAfter = (now: Date, days: number) => new Date(now.getTime() + days * DAY).toISOString().slice(0, 10)

async function readOwn(trx: Trx, packageIds: string[]): Promise<Map<string, number>> {
  if (packageIds.length === 0) return new Map()
  const rows = await trx
    .selectFrom('reservations')
    .select(['day', sql<string>`sum(amount)`.as('amount')])
    .where('package_id', 'in', packageIds)
    .where('released_at', 'is', null)
    .groupBy('day')
    .execute()
  return new Map(rows.map(({ day, amount }) => [day, Number(amount)]))
}

async function replaceDays(
  trx: Trx,
  key: { tenant_id: string; product_id: string },
  days: readonly { day: string; available: number; capacity: number }[],
): Promise<void> {
  await trx
    .deleteFrom('forecast_days')
    .where('tenant_id', '=', key.tenant_id)
    .where('product_id', '=', key.product_id)
    .execute()
  if (days.length > 0)
    await trx
      .insertInto('forecast_days')
      .values(days.map((day) => ({ ...key, ...day })))
      .execute()
}
