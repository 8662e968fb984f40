import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'
import type { Publisher } from '../seed/tenant_schema.ts'
import type { ProductTerms, Shop } from '../seed/shop.ts'

/** The shop as the database has it: what is not archived, whoever brought it. */
export async function readShop(db: ReadDb | Trx, tenant_id: string): Promise<Shop> {
  const { currencies, product_terms } = await db
    .selectFrom('tenants')
    .select(['currencies', 'product_terms'])
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirstOrThrow()
  const agents = await db
    .selectFrom('creative_agents')
    .select('agent_url')
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .execute()
  return {
    tenant_id,
    currencies,
    product_terms: product_terms as ProductTerms,
    connection_ids: await connectionIds(db, tenant_id),
    publishers: await readPublishers(db, tenant_id),
    creative_agents: agents,
    formats: await selectFormats(db, tenant_id).where('creative_agent_id', 'is', null).execute(),
  }
}

/** The formats of a publisher and of the creative agents it trusts, in its order. */
export const selectFormats = (db: ReadDb | Trx, tenant_id: string) =>
  db
    .selectFrom('creative_formats')
    .select(['agent_url', 'format_id', 'name'])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .where('sandbox_of', 'is', null)
    .orderBy('position')
    .orderBy('format_id')

/** The ad servers, the one most products are sold on first. */
async function connectionIds(db: ReadDb | Trx, tenant_id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('adapter_configs as c')
    .select('connection_id')
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy(
      sql`(select count(*) from products p where p.tenant_id = c.tenant_id and p.connection_id = c.connection_id
        and p.archived_at is null)`,
      'desc',
    )
    .orderBy('connection_id')
    .execute()
  return rows.map(({ connection_id }) => connection_id)
}

async function readPublishers(db: ReadDb | Trx, tenant_id: string): Promise<Publisher[]> {
  const properties = sql<Publisher['properties']>`(
    select coalesce(json_agg(json_build_object('property_id', a.property_id, 'property_type', a.property_type,
      'name', a.name, 'identifiers', a.identifiers, 'tags', a.tags) order by a.property_id), '[]')
    from authorized_properties a where a.tenant_id = d.tenant_id and a.publisher_domain = d.publisher_domain)`
  return db
    .selectFrom('publisher_partners as d')
    .select(['publisher_domain', 'name', properties.as('properties')])
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .orderBy('publisher_domain')
    .execute()
}
