import type { Db } from '../../db/database.ts'
import { readKept, type Kept } from '../../queries/kept_products.ts'
import { readShop } from '../../queries/shop.ts'
import { judgeProduct } from '../../seed/judge_product.ts'
import type { Problem } from '../../seed/publisher_file_error.ts'
import type { Actor } from '../record.ts'
import { keepProducts, lockProducts } from './keep_products.ts'

export interface SavedProduct {
  tenant_id: string
  /** In the words of the publisher file, as somebody wrote it. */
  written: { product_id: string } & Record<string, unknown>
  /** What was there when they began to write; left out for a new product. */
  version?: string | undefined
  actor: Actor
}
export type SaveOutcome =
  | { type: 'saved'; changed: boolean }
  | { type: 'refused'; problems: Problem[] }
  /** Somebody else saved it since; nothing was written. */
  | { type: 'changed_meanwhile'; current: Kept }
  | { type: 'not_found' }

/** These are pages of the console, not products. */
const pages = new Set(['new', 'try', 'import'])

/** Makes a product, or brings one to what was written, unless somebody else changed it meanwhile; or tells all that is wrong with it. */
export async function saveProduct(
  db: Db,
  { tenant_id, written, version, actor }: SavedProduct,
): Promise<SaveOutcome> {
  return db.transaction().execute(async (trx) => {
    await lockProducts(trx, tenant_id)
    const shop = await readShop(trx, tenant_id)
    const before = await readKept(trx, shop, [written.product_id])
    const known = before.get(written.product_id)
    if (version !== undefined && !known) return { type: 'not_found' }
    if (version !== undefined && known && known.version !== version)
      return { type: 'changed_meanwhile', current: known }
    const { product, problems } = judgeProduct(written, shop)
    const taken = version === undefined ? idProblems(written.product_id, known) : []
    if (!product || taken.length > 0) return { type: 'refused', problems: [...taken, ...problems] }
    const changed = await keepProducts(trx, actor, { shop, products: [product], before })
    return { type: 'saved', changed: changed.length > 0 }
  })
}

function idProblems(product_id: string, known: Kept | undefined): Problem[] {
  const path = ['product_id']
  if (pages.has(product_id)) return [{ path, message: 'is the name of a page here. Choose another' }]
  if (!known) return []
  const message = `is already taken by ${known.written.name}${known.archived_at ? ', which is archived' : ''}`
  return [{ path, message }]
}
