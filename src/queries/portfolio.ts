import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import type { DeliveryType } from '../db/schema.ts'

/** The tenant's portfolio in one row: its domains, what is on sale there, and when any of it last changed. */
export function selectPortfolio(db: ReadDb, tenantId: string) {
  return db
    .selectFrom('tenants as tenant')
    .where('tenant.tenant_id', '=', tenantId)
    .select((eb) => [
      'tenant.name',
      'tenant.description',
      'tenant.sells_proposals',
      eb
        .selectFrom('approval_policies')
        .where('tenant_id', '=', tenantId)
        .select('review_creatives')
        .as('review_creatives'),
      'tenant.advertising_policies',
      eb
        .selectFrom('publisher_partners')
        .where('tenant_id', '=', tenantId)
        .where('archived_at', 'is', null)
        .where('verification', '<>', 'refused')
        .where(({ eb: one, or }) =>
          or([one('verification', '=', 'verified'), one('tenant.sells_unverified', '=', true)]),
        )
        .select(
          sql<string[]>`coalesce(array_agg(publisher_domain order by publisher_domain), '{}')`.as('domains'),
        )
        .as('publisher_domains'),
      sql<string[]>`array(
        select publisher_domain from publisher_partners
        where tenant_id = ${tenantId} and archived_at is null and tenant.sells_unverified
          and verification in ('unverified', 'unreachable') order by 1)`.as('unverified_publisher_domains'),
      distinctOnSale('channels', tenantId).as('channels'),
      distinctOnSale('countries', tenantId).as('countries'),
      sql<string[]>`coalesce((
        select array_agg(distinct o.pricing_model::text order by o.pricing_model::text)
        from pricing_options o join products p using (tenant_id, product_id)
        where o.tenant_id = ${tenantId} and p.sandbox_of is null and p.archived_at is null), '{}')`.as(
        'pricing_models',
      ),
      sql<DeliveryType[]>`array(
        select distinct delivery_type::text from products
        where tenant_id = ${tenantId} and sandbox_of is null and archived_at is null order by 1)`.as(
        'delivery_types',
      ),
      sql<Date>`greatest(tenant.updated_at,
        (select max(updated_at) from publisher_partners where tenant_id = ${tenantId}))`.as('last_updated'),
    ])
}

/** Most frequent first, so that "primary" means what it says. */
function distinctOnSale(column: 'channels' | 'countries', tenantId: string) {
  return sql<string[]>`coalesce((
    select array_agg(value order by often desc, value) from (
      select value, count(*) as often from products, unnest(${sql.ref(column)}) as value
      where tenant_id = ${tenantId} and sandbox_of is null and archived_at is null group by value) as counted), '{}')`
}

/** The currency a publisher names first: what an answer about nothing is in. */
export async function firstCurrency(db: ReadDb, tenantId: string): Promise<string> {
  const { currency } = await db
    .selectFrom('tenants')
    .select(sql<string>`currencies[1]`.as('currency'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  return currency
}
