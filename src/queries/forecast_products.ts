import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/**
 * Products `p` of tenants `t` whose ad server `c` is asked how much of them is left, with the last forecast `f`, if there is one:
 * guaranteed ones with a price per thousand, the first of which is `price`.
 */
export function selectForecastProducts(db: ReadDb) {
  return db
    .selectFrom('products as p')
    .innerJoin('adapter_configs as c', 'c.connection_id', 'p.connection_id')
    .innerJoin('tenants as t', 't.tenant_id', 'p.tenant_id')
    .leftJoin('forecasts as f', (join) =>
      join.onRef('f.tenant_id', '=', 'p.tenant_id').onRef('f.product_id', '=', 'p.product_id'),
    )
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('pricing_options as o')
          .select(['o.pricing_model', 'o.currency'])
          .whereRef('o.tenant_id', '=', 'p.tenant_id')
          .whereRef('o.product_id', '=', 'p.product_id')
          .where('o.pricing_model', 'in', ['cpm', 'vcpm'])
          .orderBy('o.position')
          .limit(1)
          .as('price'),
      (join) => join.onTrue(),
    )
    .where('c.archived_at', 'is', null)
    .where(sql<boolean>`c.capabilities ? 'forecasts'`)
    .where('p.archived_at', 'is', null)
    .where('p.sandbox_of', 'is', null)
    .where('p.delivery_type', '=', 'guaranteed')
}
