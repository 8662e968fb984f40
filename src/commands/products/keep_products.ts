import { isDeepStrictEqual } from 'node:util'
import type { Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import type { Kept } from '../../queries/kept_products.ts'
import type { Product } from '../../seed/product_schema.ts'
import { writeProducts } from '../../seed/save_products.ts'
import type { Shop } from '../../seed/shop.ts'
import { asWritten, type WrittenProduct } from '../../seed/written_product.ts'
import { recordAudit, type Actor } from '../record.ts'

/** What differs between two ways a product was written, by field. */
export type Changes = Record<string, { before?: unknown; after?: unknown }>

export function changesBetween(before: WrittenProduct | undefined, after: WrittenProduct): Changes {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after)])
  const plain = (value: unknown): unknown =>
    value === undefined ? undefined : JSON.parse(JSON.stringify(value))
  return Object.fromEntries(
    [...names]
      .map((name) => [name, { before: plain(before?.[name]), after: plain(after[name]) }] as const)
      .filter(([, change]) => !isDeepStrictEqual(change.before, change.after)),
  )
}

/** Everybody who changes what a publisher sells takes turns: console, imports and publisher files. */
export async function lockProducts(trx: Trx, tenant_id: string): Promise<void> {
  await trx
    .selectFrom('tenants')
    .select('tenant_id')
    .where('tenant_id', '=', tenant_id)
    .forNoKeyUpdate()
    .execute()
}

/**
 * Puts sound products on sale as they are written, in the caller's transaction, which has locked them: buyers see them at once, and
 * ad servers are asked how much there is of what is guaranteed. Returns the ids of those that were not so before.
 */
export async function keepProducts(
  trx: Trx,
  actor: Actor,
  { shop, products, before }: { shop: Shop; products: readonly Product[]; before: ReadonlyMap<string, Kept> },
): Promise<string[]> {
  const { tenant_id } = shop
  const changed = products.flatMap((product) => {
    const known = before.get(product.product_id)
    const changes = changesBetween(known?.written, asWritten(product, shop))
    const archived = known ? known.archived_at !== null : false
    return Object.keys(changes).length > 0 || archived ? [{ product, known, changes }] : []
  })
  if (changed.length === 0) return []
  await writeProducts(
    trx,
    changed.map(({ product }) => product),
    shop,
    'console',
  )
  for (const { product, known, changes } of changed)
    await recordAudit(trx, actor, {
      tenant_id,
      action: known === undefined ? 'create' : known.archived_at === null ? 'change' : 'restore',
      subject_kind: 'product',
      subject_id: product.product_id,
      detail: known === undefined ? { name: product.name } : { changes },
    })
  // those that are due are asked about: what is guaranteed, and sold from other inventory than before
  await enqueue(trx, 'start_due_forecasts', {})
  return changed.map(({ product }) => product.product_id)
}
