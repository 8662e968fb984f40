import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import type { Condition } from './filters.ts'
import { selectProducts } from './product.ts'
import type { Request } from './request.ts'

/** The state of a wholesale answer over all its pages: one word for all of it, one for its prices alone. */
export interface FeedVersion {
  wholesale_feed_version: string
  pricing_version: string
}

/**
 * The same list has the same version on every server, and another one never has: made of what is asked and of how the catalogue stands, and
 * for a flight, where the day and what is left count as well, of which products pass.
 */
export async function readFeedVersion(
  db: ReadDb,
  principal: Principal,
  { filters, required_policies }: Request,
  conditions: readonly Condition[],
): Promise<FeedVersion> {
  const { tenant_id, principal_id, sandbox, allowed_product_ids } = principal
  const catalogue = await db
    .selectFrom('catalogues')
    .select(['products', 'prices'])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
  const dated = filters?.start_date !== undefined || filters?.end_date !== undefined
  const passing = dated ? [await readPassing(db, principal, conditions)] : []
  const asked = [
    tenant_id,
    sandbox && principal_id,
    allowed_product_ids,
    filters,
    required_policies,
    ...passing,
  ]
  const wordOf = (...parts: unknown[]) =>
    createHash('sha256')
      .update(canonicalize([...asked, ...parts].map((part) => part ?? null)) ?? '')
      .digest('hex')
      .slice(0, 32)
  return {
    wholesale_feed_version: wordOf(catalogue?.products, catalogue?.prices),
    pricing_version: wordOf(catalogue?.prices),
  }
}

/** A digest of which products pass. What they are like need not be read: that the catalogue's words tell. */
async function readPassing(
  db: ReadDb,
  principal: Principal,
  conditions: readonly Condition[],
): Promise<string> {
  const row = await selectProducts(db, principal)
    .$call((q) => conditions.reduce((filtered, { holds }) => filtered.where(holds), q))
    .select(
      sql<string>`encode(sha256(convert_to(coalesce(string_agg(p.product_id, ',' order by p.product_id), ''), 'UTF8')), 'hex')`.as(
        'ids',
      ),
    )
    .executeTakeFirstOrThrow()
  return row.ids
}
