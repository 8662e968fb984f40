import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** What keeps a publisher's packages from delivering as they should, the oldest first. */
export function selectOpenConcerns(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('delivery_concerns as c')
    .innerJoin('media_packages as p', 'p.package_id', 'c.package_id')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'p.connection_id')
    .select([
      'c.media_buy_id',
      'c.package_id',
      'c.concern',
      'c.reason',
      'c.opened_at',
      'connection.name as connection',
    ])
    .where('c.tenant_id', '=', tenant_id)
    .where('c.closed_at', 'is', null)
    .orderBy('c.opened_at')
}

/** A media buy of which packages do not deliver as they should, with what is the matter with each. */
export interface TroubledBuy {
  tenant_id: string
  media_buy_id: string
  agent: string
  brand_domain: string
  since: Date
  packages: { product: string; reason: string }[]
}

/** Media buys that do not deliver as they should, the longest first; narrow it to those wanted. */
export function selectTroubledBuys(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('delivery_concerns as c')
    .innerJoin('media_packages as p', 'p.package_id', 'c.package_id')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'p.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'c.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .select([
      'buy.tenant_id',
      'buy.media_buy_id',
      'agent.name as agent',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      sql<Date>`min(c.opened_at)`.as('since'),
      sql<
        TroubledBuy['packages']
      >`json_agg(json_build_object('product', product.name, 'reason', c.reason) order by c.opened_at, p.position)`.as(
        'packages',
      ),
    ])
    .where('c.tenant_id', '=', tenant_id)
    .where('c.closed_at', 'is', null)
    .groupBy(['buy.tenant_id', 'buy.media_buy_id', 'agent.name'])
    .orderBy('since')
    .$castTo<TroubledBuy>()
}
