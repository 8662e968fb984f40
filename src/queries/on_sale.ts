import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../adcp/own_ids.ts'
import { hasAgents } from './known_formats.ts'

interface Buyer {
  tenant_id: string
  principal_id: string
  sandbox: boolean
  allowed_product_ids: readonly string[] | null
  /** Where it was asked before in the same call, it is not asked again. */
  closed?: Closed
}
/** What may keep some of a publisher's products from being sold. */
export interface Closed {
  /** Ad servers that are not in use or take no more; null: none. */
  connections: readonly { connection_id: string }[] | null
  /** Whether there is a property that may not be sold. */
  properties: boolean
  /** Whether a creative agent tells which formats there are. */
  formats: boolean
}

/** Whether anything is closed at this publisher, as JSON. */
export const whatIsClosed = (tenant: Tenant): RawBuilder<Closed> =>
  sql`json_build_object('connections', (select json_agg(one) from (${closedConnections(tenant)}) one), 'properties', ${hasDoubtful(tenant)}, 'formats', ${hasAgents(tenant)})`

/** True of a product `p` this buyer may know of: what the publisher offers it, and in the sandbox what it seeded itself. */
export function mayKnow(buyer: Buyer): RawBuilder<boolean> {
  return sql`(${isMeantFor(buyer)} and ${isConnected(buyer)} and (p.sandbox_of is not null or ${isAuthorised(buyer)}))`
}

type Tenant = Pick<Buyer, 'tenant_id'>
const closedConnections = ({ tenant_id }: Tenant) => sql`
  select connection_id from adapter_configs
  where tenant_id = ${tenant_id} and (archived_at is not null or withdrawn_at is not null)`

/** True of a product `p` whose ad server is in use and takes more. Each closed one is named: of a list PostgreSQL expects that it leaves next to nothing. */
function isConnected({ closed, tenant_id }: Buyer): RawBuilder<unknown> {
  if (!closed) return sql`p.connection_id <> all (array(${closedConnections({ tenant_id })}))`
  const open = closed.connections?.map(({ connection_id }) => sql`p.connection_id <> ${connection_id}`)
  return open ? sql`(${sql.join(open, sql` and `)})` : sql`true`
}

/** The same, also of a product that may not be sold any more: what a buyer has of it stands. */
export function isMeantFor({ principal_id, sandbox, allowed_product_ids }: Buyer): RawBuilder<boolean> {
  const offered =
    allowed_product_ids === null
      ? sql<boolean>`p.sandbox_of is null`
      : sql<boolean>`(p.sandbox_of is null and p.product_id = any(${allowed_product_ids}::text[]))`
  return sandbox ? sql`(p.sandbox_of = ${principal_id} or ${offered})` : offered
}

/** What a property may not be to be sold: refused by its owner, or, unless the tenant allows it, not verified by anybody. */
const doubtful = ({ tenant_id }: Tenant) =>
  sql`any ((select case when sells_unverified then '{refused}' else array_remove(enum_range(null::verification_state), 'verified') end
    from tenants where tenant_id = ${tenant_id})::verification_state[])`

const hasDoubtful = (tenant: Tenant) =>
  sql<boolean>`(exists (select from publisher_partners where tenant_id = ${tenant.tenant_id} and verification = ${doubtful(tenant)})
    or exists (select from authorized_properties where tenant_id = ${tenant.tenant_id} and verification = ${doubtful(tenant)}))`

/** True of a product `p` all of whose properties may be sold. The first question, the same for all products, mostly spares the second. */
function isAuthorised({ closed, tenant_id }: Buyer): RawBuilder<boolean> {
  if (closed && !closed.properties) return sql`true`
  return sql`(not ${hasDoubtful({ tenant_id })} or not exists (select ${doubtfulOf({ tenant_id })}))`
}

/** The properties `a` of a product `p`, and their domains `d`, that may not be sold. */
export function doubtfulOf(tenant: Tenant): RawBuilder<unknown> {
  const bad = doubtful(tenant)
  return sql`from authorized_properties a join publisher_partners d using (tenant_id, publisher_domain)
      where tenant_id = p.tenant_id and (d.verification = ${bad} or a.verification = ${bad}) and exists (
      select from jsonb_array_elements(p.publisher_properties) s
      where s->>'publisher_domain' = publisher_domain and case s->>'selection_type'
        when 'by_id' then s->'property_ids' ? a.property_id
        when 'by_tag' then a.tags && array(select jsonb_array_elements_text(s->'property_tags'))
        else true end)`
}

/** True of a product `p` unless this sandbox buyer seeded one of the same id, which is listed in its place. */
export function notReplaced({ principal_id, sandbox, mark }: Buyer & { mark?: string }): RawBuilder<boolean> {
  if (!sandbox) return sql`true`
  return sql`not exists (select from products own
    where own.tenant_id = p.tenant_id and own.product_id = p.product_id || ${mark ?? markOf(principal_id)})`
}
