import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../adcp/own_ids.ts'

interface Buyer {
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

/** True of a product `p` this buyer may know of: what the publisher offers it, and in the sandbox what it seeded itself. */
export function mayKnow({ principal_id, sandbox, allowed_product_ids }: Buyer): RawBuilder<boolean> {
  const offered = sql<boolean>`(p.sandbox_of is null
    and (${allowed_product_ids}::text[] is null or p.product_id = any(${allowed_product_ids}::text[])))`
  return sandbox ? sql`(p.sandbox_of = ${principal_id} or ${offered})` : offered
}

/** True of a product `p` unless this sandbox buyer seeded one of the same id, which is listed in its place. */
export function notReplaced({ principal_id, sandbox }: Buyer): RawBuilder<boolean> {
  if (!sandbox) return sql`true`
  return sql`not exists (select from products own
    where own.tenant_id = p.tenant_id and own.product_id = p.product_id || ${markOf(principal_id)})`
}
