import type { Db, ReadDb, Trx } from '../../db/database.ts'
import { readKept, versionOf, type Kept } from '../../queries/kept_products.ts'
import { readShop } from '../../queries/shop.ts'
import { judgeProduct } from '../../seed/judge_product.ts'
import type { Product } from '../../seed/product_schema.ts'
import type { LocatedProblem, ReadProduct } from '../../seed/read_file.ts'
import type { Shop } from '../../seed/shop.ts'
import { asWritten } from '../../seed/written_product.ts'
import type { Actor } from '../record.ts'
import { changesBetween, keepProducts, lockProducts, type Changes } from './keep_products.ts'

/** What an import would do with one product. */
export interface PlannedProduct {
  product_id: string
  name: string
  what: 'new' | 'changed' | 'back_on_sale' | 'as_it_is'
  changes: Changes
}
export type ImportPlan =
  /** `version` changes with anything the plan depends on. */
  | { type: 'plan'; version: string; planned: PlannedProduct[] }
  | { type: 'refused'; problems: LocatedProblem[] }
export type ImportOutcome =
  | { type: 'imported'; changed: number }
  | { type: 'refused'; problems: LocatedProblem[] }
  /** The products were changed since the plan was looked at. */
  | { type: 'changed_meanwhile' }

/** Says what importing these products would change, or everything that is wrong with them. Products the file does not name stay. */
export async function planImport(
  db: ReadDb | Trx,
  tenant_id: string,
  products: readonly ReadProduct[],
): Promise<ImportPlan> {
  const { shop, before, sound, problems } = await judge(db, tenant_id, products)
  if (problems.length > 0) return { type: 'refused', problems }
  const planned = sound.map((product): PlannedProduct => {
    const known = before.get(product.product_id)
    const after = asWritten(product, shop)
    const changes = changesBetween(known?.written, after)
    return { product_id: product.product_id, name: product.name, what: whatOf(known, changes), changes }
  })
  const states = sound.map((product) => [
    asWritten(product, shop),
    before.get(product.product_id)?.version ?? null,
  ])
  return { type: 'plan', version: versionOf(states), planned }
}

/** Does what a plan said, all of it or nothing; nothing, if it would come out otherwise by now. */
export async function importProducts(
  db: Db,
  wanted: { tenant_id: string; products: readonly ReadProduct[]; version: string; actor: Actor },
): Promise<ImportOutcome> {
  const { tenant_id, products, version, actor } = wanted
  return db.transaction().execute(async (trx) => {
    await lockProducts(trx, tenant_id)
    const plan = await planImport(trx, tenant_id, products)
    if (plan.type === 'refused') return plan
    if (plan.version !== version) return { type: 'changed_meanwhile' }
    const { shop, before, sound } = await judge(trx, tenant_id, products)
    const changed = await keepProducts(trx, actor, { shop, products: sound, before })
    return { type: 'imported', changed: changed.length }
  })
}

interface Judged {
  shop: Shop
  before: Map<string, Kept>
  sound: Product[]
  problems: LocatedProblem[]
}

async function judge(db: ReadDb | Trx, tenant_id: string, products: readonly ReadProduct[]): Promise<Judged> {
  const shop = await readShop(db, tenant_id)
  const before = await readKept(db, shop)
  const [sound, problems, seen]: [Product[], LocatedProblem[], Set<string>] = [[], [], new Set()]
  for (const { written, leaves, locate } of products) {
    const id = idOf(written)
    const { product, problems: wrong } = judgeProduct(completed(written, before.get(id), leaves), shop)
    problems.push(...wrong.map(({ path, message }) => ({ ...locate(path), message })))
    if (id !== '' && seen.has(id))
      problems.push({ ...locate(['product_id']), message: `"${id}" is there twice` })
    seen.add(id)
    if (product) sound.push(product)
  }
  return { shop, before, sound, problems }
}

/** With what the file does not speak of as it is now. */
function completed(written: unknown, known: Kept | undefined, leaves: (field: string) => boolean): unknown {
  if (!known || typeof written !== 'object') return written
  return {
    ...Object.fromEntries(Object.entries(known.written).filter(([field]) => leaves(field))),
    ...written,
  }
}

function idOf(written: unknown): string {
  const { product_id } = (written ?? {}) as { product_id?: unknown }
  return typeof product_id === 'string' ? product_id : ''
}

function whatOf(known: Kept | undefined, changes: Changes): PlannedProduct['what'] {
  if (!known) return 'new'
  if (known.archived_at) return 'back_on_sale'
  return Object.keys(changes).length > 0 ? 'changed' : 'as_it_is'
}
