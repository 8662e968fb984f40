import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'
import { doubtfulOf, mayKnow } from './on_sale.ts'

/** What keeps a product that is on sale from being offered to anybody. */
export interface Withheld {
  /** Its ad server, where that takes no more orders. */
  ad_server: { connection_id: string; name: string } | null
  /** The domains it runs on that may not be sold, and whether their owners said so. */
  domains: { publisher_domain: string; refused: boolean; detail: string }[]
}

/** True of a product `p` that buyers with the usual rights are offered. */
export const isOffered = (tenant_id: string) =>
  mayKnow({ tenant_id, principal_id: '', sandbox: false, allowed_product_ids: null })

/** Why nobody is offered a product; undefined where buyers find it. */
export async function readWithheld(
  db: ReadDb,
  tenant_id: string,
  product_id: string,
): Promise<Withheld | undefined> {
  const why = await db
    .selectFrom('products as p')
    .where('p.tenant_id', '=', tenant_id)
    .where('p.product_id', '=', product_id)
    .where('p.archived_at', 'is', null)
    .where(sql<boolean>`not ${isOffered(tenant_id)}`)
    .select([
      sql<
        Withheld['ad_server']
      >`(select json_build_object('connection_id', connection_id, 'name', name) from adapter_configs c
        where c.connection_id = p.connection_id and (c.archived_at is not null or c.withdrawn_at is not null))`.as(
        'ad_server',
      ),
      sql<Withheld['domains']>`(select coalesce(json_agg(one order by one.publisher_domain), '[]') from (
        select publisher_domain, bool_or('refused' in (d.verification, a.verification)) as refused, max(d.detail) as detail
        ${doubtfulOf({ tenant_id })} group by 1) one)`.as('domains'),
    ])
    .executeTakeFirst()
  return why
}
