import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'
import type { PackageTotal } from './totals.ts'

/** Keeps what line items said of packages, for snapshots; what was counted earlier than what is known changes nothing. */
export async function keepTotals(
  trx: Trx,
  { tenant_id, media_buy_id }: { tenant_id: string; media_buy_id: string },
  totals: readonly PackageTotal[],
  as_of: Date,
): Promise<void> {
  if (totals.length === 0) return
  await trx
    .insertInto('package_snapshots')
    .values(totals.map((total) => ({ ...total, tenant_id, media_buy_id, as_of })))
    .onConflict((oc) =>
      oc
        .column('package_id')
        .doUpdateSet(({ ref }) => ({
          impressions: ref('excluded.impressions'),
          clicks: ref('excluded.clicks'),
          spend: ref('excluded.spend'),
          as_of: ref('excluded.as_of'),
        }))
        .where(sql<boolean>`excluded.as_of >= package_snapshots.as_of`),
    )
    .execute()
}
