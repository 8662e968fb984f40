import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../adcp/own_ids.ts'

interface Buyer {
  tenant_id: string
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
}

/** True of a product `p` this buyer may know of: what the publisher offers it, and in the sandbox what it seeded itself. */
export function mayKnow(buyer: Buyer): RawBuilder<boolean> {
  return sql`(${isMeantFor(buyer)} and ${isConnected(buyer)} and (p.sandbox_of is not null or ${isAuthorised(buyer)}))`
}

/** True of a product `p` whose ad server is in use and takes more. Asked once for all products. */
const isConnected = ({ tenant_id }: Buyer) => sql`p.connection_id <> all (array(
  select connection_id from adapter_configs
  where tenant_id = ${tenant_id} and (archived_at is not null or withdrawn_at is not null)))`

/** The same, also of a product that may not be sold any more: what a buyer has of it stands. */
export function isMeantFor({ principal_id, sandbox, allowed_product_ids }: Buyer): RawBuilder<boolean> {
  const offered = sql<boolean>`(p.sandbox_of is null
    and (${allowed_product_ids}::text[] is null or p.product_id = any(${allowed_product_ids}::text[])))`
  return sandbox ? sql`(p.sandbox_of = ${principal_id} or ${offered})` : offered
}

/**
 * True of a product `p` all of whose properties may be sold: not those whose owner refuses it, and those nobody has verified only
 * where the tenant allows it. The first question, the same for all products, mostly spares the second.
 */
function isAuthorised({ tenant_id }: Buyer): RawBuilder<boolean> {
  const doubtful = sql`any (array(select v from unnest(enum_range(null::verification_state)) v
    where v = 'refused' or v <> 'verified' and not (select t.sells_unverified from tenants t where t.tenant_id = ${tenant_id})))`
  return sql`(not (exists (select from publisher_partners where tenant_id = ${tenant_id} and verification = ${doubtful})
      or exists (select from authorized_properties where tenant_id = ${tenant_id} and verification = ${doubtful}))
    or not exists (select from authorized_properties a join publisher_partners d using (tenant_id, publisher_domain)
      where tenant_id = p.tenant_id and (d.verification = ${doubtful} or a.verification = ${doubtful}) and exists (
      select from jsonb_array_elements(p.publisher_properties) s
      where s->>'publisher_domain' = publisher_domain and case s->>'selection_type'
        when 'by_id' then s->'property_ids' ? a.property_id
        when 'by_tag' then a.tags && array(select jsonb_array_elements_text(s->'property_tags'))
        else true end)))`
}

/** True of a product `p` unless this sandbox buyer seeded one of the same id, which is listed in its place. */
export function notReplaced({ principal_id, sandbox, mark }: Buyer & { mark?: string }): RawBuilder<boolean> {
  if (!sandbox) return sql`true`
  return sql`not exists (select from products own
    where own.tenant_id = p.tenant_id and own.product_id = p.product_id || ${mark ?? markOf(principal_id)})`
}
