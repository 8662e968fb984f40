import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import { knownFormats } from '../../queries/known_formats.ts'
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
 * The same list has the same version on every server, and another one never has: made of what is asked and of how the catalogue stands. Of
 * a flight it depends on the day and on what is left, which no such word tells, so that the rows themselves are read.
 */
export async function readFeedVersion(
  db: ReadDb,
  principal: Principal,
  { filters, required_policies }: Request,
  conditions: readonly Condition[],
): Promise<FeedVersion> {
  if (filters?.start_date !== undefined || filters?.end_date !== undefined)
    return readVersionOfRows(db, principal, conditions)
  const { tenant_id, principal_id, sandbox, allowed_product_ids } = principal
  const catalogue = await db
    .selectFrom('catalogues')
    .select(['products', 'prices'])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
  const asked = [tenant_id, sandbox && principal_id, allowed_product_ids, filters, required_policies]
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

/** What of a row a buyer never sees, or what changes without it. */
const hidden = [
  'created_at',
  'format_ids',
  'updated_at',
  'search',
  'search_text',
  'search_terms',
  'ad_server_config',
  'connection_id',
  'kept_in',
]

async function readVersionOfRows(
  db: ReadDb,
  principal: Principal,
  conditions: readonly Condition[],
): Promise<FeedVersion> {
  const prices = sql`(select coalesce(jsonb_agg(to_jsonb(o) - 'tenant_id' order by o.position, o.pricing_option_id), '[]')
    from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id)`
  const digest = (value: ReturnType<typeof sql>) =>
    sql<string>`encode(sha256(convert_to(coalesce(string_agg((${value})::text, ',' order by p.product_id), ''), 'UTF8')), 'hex')`
  const row = await selectProducts(db, principal)
    .$call((q) => conditions.reduce((filtered, { holds }) => filtered.where(holds), q))
    .select([
      digest(sql`jsonb_build_array(to_jsonb(p) - ${hidden}::text[], ${prices}, ${knownFormats})`).as('feed'),
      digest(prices).as('prices'),
    ])
    .executeTakeFirstOrThrow()
  return {
    wholesale_feed_version: row.feed.slice(0, 32),
    pricing_version: row.prices.slice(0, 32),
  }
}
