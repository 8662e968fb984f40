import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'

/** A currency a publisher sells in still, and the name of what does: a product on sale, or the approval policy. */
export interface CurrencyInUse {
  currency: string
  by: string
}

/** Of the currencies a publisher would no longer sell in, one that is still in use; its row is locked by the caller. */
export async function findCurrencyInUse(
  trx: Trx,
  tenant_id: string,
  kept: readonly string[],
): Promise<CurrencyInUse | undefined> {
  return trx
    .selectFrom('pricing_options as o')
    .innerJoin('products as p', (join) =>
      join.onRef('p.tenant_id', '=', 'o.tenant_id').onRef('p.product_id', '=', 'o.product_id'),
    )
    .select(['o.currency', 'p.name as by'])
    .where('o.tenant_id', '=', tenant_id)
    .where('p.archived_at', 'is', null)
    .where('p.sandbox_of', 'is', null)
    .where('o.currency', '<>', sql<string>`all(${kept})`)
    .unionAll(
      trx
        .selectFrom('approval_limits as limit')
        .select(['limit.currency', sql<string>`'the approval policy'`.as('by')])
        .where('limit.tenant_id', '=', tenant_id)
        .where('limit.currency', '<>', sql<string>`all(${kept})`),
    )
    .limit(1)
    .executeTakeFirst()
}
