import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import { knownFormats } from '../../queries/known_formats.ts'
import type { Principal } from '../define-tool.ts'
import type { Condition } from './filters.ts'
import { selectProducts } from './product.ts'

/** The state of a wholesale answer over all its pages: one word for all of it, one for its prices alone. */
export interface FeedVersion {
  wholesale_feed_version: string
  pricing_version: string
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

/** Computed from the rows themselves, so that the same list has the same version on every server, and another one never has. */
export async function readFeedVersion(
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
