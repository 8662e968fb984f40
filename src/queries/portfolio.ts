import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import type { DeliveryType } from '../db/schema.ts'

/** What is on sale at a tenant, in words. */
interface OnSale {
  channels: string[]
  countries: string[]
  pricing_models: string[]
  delivery_types: DeliveryType[]
}

/** The tenant's portfolio: its domains, what is on sale there, and when any of it last changed. */
export async function readPortfolio(db: ReadDb, tenantId: string) {
  const { catalogue, ...portfolio } = await selectPortfolio(db, tenantId).executeTakeFirstOrThrow()
  return { ...portfolio, ...(await readOnSale(db, tenantId, catalogue)) }
}

/** As of the last look at each tenant's catalogue: all of it is read again only when it has changed. */
const looked = new Map<string, { catalogue: string; onSale: OnSale }>()

async function readOnSale(db: ReadDb, tenantId: string, catalogue: string | null): Promise<OnSale> {
  const known = looked.get(tenantId)
  if (known && known.catalogue === catalogue) return known.onSale
  const onSale = await selectOnSale(db, tenantId).executeTakeFirstOrThrow()
  if (catalogue !== null) looked.set(tenantId, { catalogue, onSale })
  return onSale
}

function selectPortfolio(db: ReadDb, tenantId: string) {
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
      sql<Date>`greatest(tenant.updated_at,
        (select max(updated_at) from publisher_partners where tenant_id = ${tenantId}))`.as('last_updated'),
      sql<string | null>`(select products || ' ' || prices from catalogues where tenant_id = ${tenantId})`.as(
        'catalogue',
      ),
    ])
}

function selectOnSale(db: ReadDb, tenantId: string) {
  const onSale = sql`p.tenant_id = ${tenantId} and p.sandbox_of is null and p.archived_at is null`
  const often = (column: 'channels' | 'countries') => sql<string[]>`coalesce((
    select array_agg(value order by often desc, value) from (
      select value, count(*) as often from products p, unnest(${sql.ref(column)}) as value
      where ${onSale} group by value) as counted), '{}')`
  return db.selectNoFrom([
    // most frequent first, so that "primary" means what it says
    often('channels').as('channels'),
    often('countries').as('countries'),
    sql<string[]>`array(
      select distinct o.pricing_model::text from pricing_options o join products p using (tenant_id, product_id)
      where ${onSale} order by 1)`.as('pricing_models'),
    sql<
      DeliveryType[]
    >`array(select distinct delivery_type::text from products p where ${onSale} order by 1)`.as(
      'delivery_types',
    ),
  ])
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
