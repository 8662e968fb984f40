import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'
import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'
import type { Shop } from '../seed/shop.ts'
import { writtenProduct, type KeptPrice, type WrittenProduct } from '../seed/written_product.ts'

/** A product of the publisher, on sale or archived. */
export interface Kept {
  written: WrittenProduct
  /** Changes with whatever somebody could change of it; two who edit it at once are told apart by it. */
  version: string
  kept_in: string
  updated_at: Date
  archived_at: Date | null
}

const prices = sql<KeptPrice[]>`(
  select coalesce(json_agg(json_build_object(
    'pricing_option_id', o.pricing_option_id, 'pricing_model', o.pricing_model, 'currency', o.currency,
    'fixed_price', o.fixed_price::text, 'floor_price', o.floor_price::text, 'max_bid', o.max_bid,
    'price_guidance', o.price_guidance, 'parameters', o.parameters,
    'min_spend_per_package', o.min_spend_per_package::text) order by o.position, o.pricing_option_id), '[]')
  from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id)`

/** The publisher's products by id, those of sandbox buyers apart; narrow it to those wanted. */
const selectKept = (db: ReadDb | Trx, tenant_id: string) =>
  db
    .selectFrom('products as p')
    .selectAll('p')
    .select(prices.as('pricing_options'))
    .where('p.tenant_id', '=', tenant_id)
    .where('p.sandbox_of', 'is', null)
    .orderBy('p.product_id')
type Row = Awaited<ReturnType<ReturnType<typeof selectKept>['execute']>>[number]

/** These products as the publisher file would say them, by id; all of them, if none are named. */
export async function readKept(
  db: ReadDb | Trx,
  shop: Shop,
  product_ids?: readonly string[],
): Promise<Map<string, Kept>> {
  const rows = await selectKept(db, shop.tenant_id)
    .$if(product_ids !== undefined, (q) => q.where('p.product_id', 'in', ['', ...(product_ids ?? [])]))
    .execute()
  return new Map(rows.map((row) => [row.product_id, kept(row, shop)]))
}

function kept(row: Row, shop: Shop): Kept {
  const { kept_in, updated_at, archived_at } = row
  const written = writtenProduct(row, shop)
  return { written, version: versionOf([written, archived_at !== null]), kept_in, updated_at, archived_at }
}

/** A word for a state: equal states have equal words. */
export const versionOf = (state: unknown): string =>
  createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(state))) ?? '')
    .digest('base64url')
    .slice(0, 22)
