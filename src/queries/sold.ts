import type { ReadDb } from '../db/database.ts'
import { formatSizes } from './format_sizes.ts'

/** What is sold over one connection: each product as its ad server is told of it, and the money it is sold in. */
export async function readSold(db: ReadDb, connection_id: string) {
  const products = await db
    .selectFrom('products')
    .select(['product_id', 'ad_server_config', formatSizes('products').as('sizes')])
    .where('connection_id', '=', connection_id)
    .where('archived_at', 'is', null)
    .orderBy('product_id')
    .execute()
  const priced = await db
    .selectFrom('pricing_options as option')
    .innerJoin('products as product', (join) =>
      join
        .onRef('product.tenant_id', '=', 'option.tenant_id')
        .onRef('product.product_id', '=', 'option.product_id'),
    )
    .select('option.currency')
    .distinct()
    .where('product.connection_id', '=', connection_id)
    .where('product.archived_at', 'is', null)
    .orderBy('option.currency')
    .execute()
  return {
    currencies: priced.map(({ currency }) => currency),
    products: products.map(({ ad_server_config, ...product }) => ({
      ...product,
      ad_server_config: ad_server_config as Record<string, unknown>,
    })),
  }
}
