import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { Due } from './due.ts'

/** An ad server's forecast may not know yet of what was booked or taken back so shortly before. */
const NOT_COUNTED_YET_MS = 10 * 60_000

/** Our own packages of a product that hold some of it on days to come. */
export interface Booked {
  /** Those that stand on the ad server as they are wanted, since long enough for a forecast to know, and the revision they stand in. */
  standing: Map<string, number>
  /** Whether there are others: accepted and not placed yet, being changed, or just placed. */
  restless: boolean
}

/** How our own orders of a product stand on its ad server. */
export async function readBooked(
  db: Db,
  { tenant_id, product_id, connection_id }: Due,
  now: Date,
): Promise<Booked> {
  const today = now.toISOString().slice(0, 10)
  const settled = new Date(now.getTime() - NOT_COUNTED_YET_MS)
  const rows = await db
    .selectFrom('media_packages as pkg')
    .innerJoin('fulfilments as f', (join) =>
      join
        .onRef('f.media_buy_id', '=', 'pkg.media_buy_id')
        .onRef('f.connection_id', '=', 'pkg.connection_id'),
    )
    .where('pkg.tenant_id', '=', tenant_id)
    .where('pkg.product_id', '=', product_id)
    .where('pkg.connection_id', '=', connection_id)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('reservations as r')
          .select('r.day')
          .whereRef('r.package_id', '=', 'pkg.package_id')
          .where('r.day', '>=', today),
      ),
    )
    .select([
      'pkg.package_id',
      'f.applied_revision',
      sql<boolean>`f.state = 'placed' and f.desired_revision = f.applied_revision and f.updated_at <= ${settled}`.as(
        'stands',
      ),
      sql<boolean>`f.state in ('refused', 'canceled') and f.updated_at <= ${settled}`.as('gone'),
    ])
    .execute()
  const standing = rows.filter(({ stands }) => stands)
  return {
    standing: new Map(standing.map(({ package_id, applied_revision }) => [package_id, applied_revision])),
    restless: rows.some(({ stands, gone }) => !stands && !gone),
  }
}
