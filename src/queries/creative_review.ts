import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'

/** Whether a person at the publisher looks at this buyer's creatives before they are shown. Those of a sandbox are shown nowhere. */
export async function isReviewed(
  db: ReadDb | Trx,
  { tenant_id, principal_id }: { tenant_id: string; principal_id: string },
): Promise<boolean> {
  const row = await db
    .selectFrom('approval_policies as policy')
    .innerJoin('principals as buyer', 'buyer.tenant_id', 'policy.tenant_id')
    .leftJoin('trusted_principals as trust', (join) =>
      join
        .onRef('trust.tenant_id', '=', 'buyer.tenant_id')
        .onRef('trust.principal_id', '=', 'buyer.principal_id'),
    )
    .select(
      sql<boolean>`not buyer.sandbox and (policy.review_creatives = 'all'
        or policy.review_creatives = 'untrusted' and trust.principal_id is null)`.as('reviewed'),
    )
    .where('policy.tenant_id', '=', tenant_id)
    .where('buyer.principal_id', '=', principal_id)
    .executeTakeFirst()
  return row?.reviewed ?? false
}
