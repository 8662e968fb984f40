import { isDeepStrictEqual } from 'node:util'
import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'
import { isCounted, reservationsOf, type Hold } from '../media_buy_terms/reserve.ts'
import { asItIs, type PackageChange } from './draft_change.ts'

/**
 * What changed packages of limited products must hold from today on: days gone by keep what they held, and the rest of what was
 * agreed is spread over the days left.
 */
export async function holdsOf(trx: Trx, changes: readonly PackageChange[], now: Date): Promise<Hold[]> {
  const today = morningOf(now)
  const limited = changes.flatMap((change) =>
    change.offer && isCounted({ ...change, offer: change.offer }) && holdsDifferently(change)
      ? [{ ...change, offer: change.offer }]
      : [],
  )
  if (limited.length === 0) return []
  const past = await readPast(
    trx,
    limited.map(({ before }) => before.package_id),
    today,
  )
  return limited.flatMap(({ field, before, after, offer, price }): Hold[] => {
    const { package_id } = before
    const { start, end } = after.flight
    const flight = { start: start > today ? start : today, end }
    if (flight.end <= flight.start) return []
    const impressions =
      after.impressions === null ? null : Math.max(0, after.impressions - (past.get(package_id) ?? 0))
    return [{ field, package_id, offer, price, budget: after.budget, impressions, flight }]
  })
}

/** Whether a change is of something reservations are made of. */
export function holdsDifferently({ before, after, asked }: PackageChange): boolean {
  if (asked?.canceled) return false
  const was = asItIs(before)
  return !isDeepStrictEqual(
    [was.budget, was.impressions, was.flight],
    [after.budget, after.impressions, after.flight],
  )
}

/** Puts what packages hold from today on in the place of what they held; of those without a hold, nothing is held any more. */
export async function replaceReservations(
  trx: Trx,
  tenant_id: string,
  packageIds: readonly string[],
  holds: readonly Hold[],
  now: Date,
): Promise<void> {
  if (packageIds.length === 0) return
  const today = morningOf(now).toISOString().slice(0, 10)
  await trx
    .deleteFrom('reservations')
    .where('package_id', 'in', [...packageIds])
    .where('day', '>=', today)
    .execute()
  const rows = reservationsOf(tenant_id, holds)
  if (rows.length > 0) await trx.insertInto('reservations').values(rows).execute()
}

/** Lets go what canceled packages held. */
export async function releaseReservations(trx: Trx, packageIds: readonly string[], now: Date): Promise<void> {
  if (packageIds.length === 0) return
  await trx
    .updateTable('reservations')
    .set({ released_at: now })
    .where('package_id', 'in', [...packageIds])
    .where('released_at', 'is', null)
    .execute()
}

async function readPast(trx: Trx, packageIds: string[], today: Date): Promise<Map<string, number>> {
  const rows = await trx
    .selectFrom('reservations')
    .select(['package_id', sql<string>`sum(amount)`.as('amount')])
    .where('package_id', 'in', packageIds)
    .where('released_at', 'is', null)
    .where('day', '<', today.toISOString().slice(0, 10))
    .groupBy('package_id')
    .execute()
  return new Map(rows.map(({ package_id, amount }) => [package_id, Number(amount)]))
}

function morningOf(now: Date): Date {
  const morning = new Date(now)
  morning.setUTCHours(0, 0, 0, 0)
  return morning
}
