import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'
import { readKept, type Kept } from '../../queries/kept_products.ts'
import { readShop } from '../../queries/shop.ts'
import { judgeProduct } from '../../seed/judge_product.ts'
import type { Problem } from '../../seed/publisher_file_error.ts'
import type { Shop } from '../../seed/shop.ts'
import { recordAudit, type Actor } from '../record.ts'
import { keepProducts, lockProducts } from './keep_products.ts'

export interface NamedProduct {
  tenant_id: string
  product_id: string
  actor: Actor
}
export type ArchiveOutcome = { type: 'archived' | 'was_so' | 'not_found' }
export type RestoreOutcome =
  | { type: 'restored' | 'was_so' | 'not_found' }
  /** What it pointed at is no longer there. */
  | { type: 'refused'; problems: Problem[] }

/** Takes a product off sale. What was bought of it runs on. */
export async function archiveProduct(db: Db, named: NamedProduct): Promise<ArchiveOutcome> {
  return db.transaction().execute(async (trx) => {
    const { tenant_id, product_id, actor } = named
    const { known } = await lockOne(trx, named)
    if (!known) return { type: 'not_found' }
    if (known.archived_at) return { type: 'was_so' }
    await trx
      .updateTable('products')
      .set({ archived_at: sql<Date>`now()`, updated_at: sql<Date>`now()`, kept_in: 'console' })
      .where('tenant_id', '=', tenant_id)
      .where('product_id', '=', product_id)
      .execute()
    const subject = { subject_kind: 'product', subject_id: product_id } as const
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'archive',
      ...subject,
      detail: { name: known.written.name },
    })
    return { type: 'archived' }
  })
}

/** Puts an archived product back on sale as it was, if it still makes sense. */
export async function restoreProduct(db: Db, named: NamedProduct): Promise<RestoreOutcome> {
  return db.transaction().execute(async (trx) => {
    const { shop, known } = await lockOne(trx, named)
    if (!known) return { type: 'not_found' }
    if (!known.archived_at) return { type: 'was_so' }
    const { product, problems } = judgeProduct(known.written, shop)
    if (!product) return { type: 'refused', problems }
    const before = new Map([[named.product_id, known]])
    await keepProducts(trx, named.actor, { shop, products: [product], before })
    return { type: 'restored' }
  })
}

async function lockOne(
  trx: Trx,
  { tenant_id, product_id }: NamedProduct,
): Promise<{ shop: Shop; known: Kept | undefined }> {
  await lockProducts(trx, tenant_id)
  const shop = await readShop(trx, tenant_id)
  return { shop, known: (await readKept(trx, shop, [product_id])).get(product_id) }
}
