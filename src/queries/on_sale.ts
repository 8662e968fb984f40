import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../adcp/own_ids.ts'

interface Buyer {
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

/**
 * True of a product `p` this buyer may know of: what the publisher offers it, and in the sandbox what it seeded itself, which
 * takes the place of the publisher's product of the same id.
 */
export function mayKnow({ principal_id, sandbox, allowed_product_ids }: Buyer): RawBuilder<boolean> {
  const offered = sql<boolean>`(p.sandbox_of is null
    and (${allowed_product_ids}::text[] is null or p.product_id = any(${allowed_product_ids}::text[])))`
  if (!sandbox) return offered
  return sql`(p.sandbox_of = ${principal_id} or ${offered} and not exists (
    select from products own where own.tenant_id = p.tenant_id and own.product_id = p.product_id || ${markOf(principal_id)}))`
}
