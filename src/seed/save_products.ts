import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import { priceRows, productRow } from './product_rows.ts'
import type { Product } from './product_schema.ts'
import type { PublisherFile } from './publisher_file.ts'
import { shopOf } from './shop_of.ts'
import type { Shop } from './shop.ts'
import { archiveOthers, deleteOthers, upsertRows } from './upsert_rows.ts'

const productKey = ['tenant_id', 'product_id'] as const
const priceKey = ['tenant_id', 'product_id', 'pricing_option_id'] as const

/**
 * The products of the file and their prices. One the file no longer has is archived, unless the console had the last word on it:
 * buys may still refer to it.
 */
export async function saveProducts(trx: Trx, file: PublisherFile): Promise<number> {
  const shop = shopOf(file)
  const rows = file.products.map((product) => productRow(product, shop))
  const ours = sql<boolean>`kept_in = 'file'`
  return (
    (await writeProducts(trx, file.products, shop, 'file')) +
    (await archiveOthers(trx, 'products', productKey, rows, shop.tenant_id, ours))
  )
}

/** Brings these products and their prices to what is said; others stay as they are. Returns how many rows it wrote. */
export async function writeProducts(
  trx: Trx,
  products: readonly Product[],
  shop: Shop,
  kept_in: 'file' | 'console',
): Promise<number> {
  const rows = products.map((product) => ({ ...productRow(product, shop), kept_in }))
  const prices = products.flatMap((product) => priceRows(product, shop.tenant_id))
  const product_ids = products.map(({ product_id }) => product_id)
  const scope = sql`tenant_id = ${shop.tenant_id} and product_id = any(${product_ids})`
  return (
    (await upsertRows(trx, 'products', productKey, rows, { stampUpdates: true })) +
    (await upsertRows(trx, 'pricing_options', priceKey, prices)) +
    (await deleteOthers(trx, 'pricing_options', priceKey, prices, scope))
  )
}
