import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'
import type { Hold } from './reserve.ts'

/** What is left of the products of some packages, as it stood when they were locked. Keys are `<id> <day>`. */
export interface Room {
  /** What all other packages and proposals hold, by product and day. */
  held: Map<string, number>
  /** What these packages hold so far, by package and day. */
  own: Map<string, number>
  /** What the last forecast allows, by product and day. */
  forecast: Map<string, number>
  /** When each product was last forecast. */
  asOf: Map<string, Date>
}

/**
 * Locks the products of these packages, in one order, so that two buys cannot both take the last of one, and reads what there is
 * of them on the days they want. The caller writes what it takes in the same transaction.
 */
export async function lockRoom(trx: Trx, tenantId: string, holds: readonly Hold[], now: Date): Promise<Room> {
  const ids = [...new Set(holds.map(({ offer }) => offer.product_id))].sort()
  await trx
    .selectFrom('products')
    .select('product_id')
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', ids)
    .orderBy('product_id')
    .forNoKeyUpdate()
    .execute()
  const wanted = { tenantId, ids, packageIds: holds.map(({ package_id }) => package_id), ...daysOf(holds) }
  return {
    held: await readHeld(trx, wanted, now),
    own: await readOwn(trx, wanted),
    forecast: await readForecast(trx, wanted),
    asOf: await readAsOf(trx, wanted),
  }
}

interface Wanted {
  tenantId: string
  ids: string[]
  packageIds: string[]
  first: string
  last: string
}

function daysOf(holds: readonly Hold[]): { first: string; last: string } {
  const day = (times: number[], choose: (...times: number[]) => number) =>
    new Date(choose(...times)).toISOString().slice(0, 10)
  return {
    first: day(
      holds.map(({ flight }) => flight.start.getTime()),
      Math.min,
    ),
    last: day(
      holds.map(({ flight }) => flight.end.getTime()),
      Math.max,
    ),
  }
}

async function readOwn(trx: Trx, { packageIds }: Wanted): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('reservations')
    .select(['package_id', 'day', 'amount'])
    .where('package_id', 'in', packageIds)
    .where('released_at', 'is', null)
    .execute()
  return new Map(rows.map(({ package_id, day, amount }) => [`${package_id} ${day}`, Number(amount)]))
}

async function readHeld(trx: Trx, wanted: Wanted, now: Date): Promise<Map<string, number>> {
  const { tenantId, ids, packageIds, first, last } = wanted
  const bought = trx
    .selectFrom('reservations')
    .select(['product_id', 'day', 'amount'])
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', ids)
    .where('released_at', 'is', null)
    .where('package_id', 'not in', packageIds)
    .where('day', '>=', first)
    .where('day', '<=', last)
  const promised = trx
    .selectFrom('proposal_holds')
    .select(['product_id', 'day', 'amount'])
    .where('tenant_id', '=', tenantId)
    .where('product_id', 'in', ids)
    .where('expires_at', '>', now)
    .where('day', '>=', first)
    .where('day', '<=', last)
  const rows = await trx
    .selectFrom(bought.unionAll(promised).as('held'))
    .select(['product_id', 'day', sql<string>`sum(amount)`.as('amount')])
    .groupBy(['product_id', 'day'])
    .execute()
  return new Map(rows.map(({ product_id, day, amount }) => [`${product_id} ${day}`, Number(amount)]))
}

/** The forecasts of what is sold today: one of another ad server or of other inventory says nothing of it. */
function selectForecasts(trx: Trx, { tenantId, ids }: Wanted) {
  return trx
    .selectFrom('forecasts as f')
    .innerJoin('products as p', (join) =>
      join
        .onRef('p.tenant_id', '=', 'f.tenant_id')
        .onRef('p.product_id', '=', 'f.product_id')
        .onRef('p.connection_id', '=', 'f.connection_id')
        .onRef('p.ad_server_config', '=', 'f.asked_of'),
    )
    .where('f.tenant_id', '=', tenantId)
    .where('f.product_id', 'in', ids)
}

async function readForecast(trx: Trx, wanted: Wanted): Promise<Map<string, number>> {
  const rows = await selectForecasts(trx, wanted)
    .innerJoin('forecast_days as d', (join) =>
      join.onRef('d.tenant_id', '=', 'f.tenant_id').onRef('d.product_id', '=', 'f.product_id'),
    )
    .where('d.day', '>=', wanted.first)
    .where('d.day', '<=', wanted.last)
    .select(['d.product_id', 'd.day', 'd.capacity'])
    .execute()
  return new Map(rows.map(({ product_id, day, capacity }) => [`${product_id} ${day}`, Number(capacity)]))
}

async function readAsOf(trx: Trx, wanted: Wanted): Promise<Map<string, Date>> {
  const rows = await selectForecasts(trx, wanted).select(['f.product_id', 'f.as_of']).execute()
  return new Map(
    rows.flatMap(({ product_id, as_of }): [string, Date][] => (as_of ? [[product_id, as_of]] : [])),
  )
}
