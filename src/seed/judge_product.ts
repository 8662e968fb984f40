import { checkProduct, surroundingsOf } from './check_products.ts'
import { Product } from './product_schema.ts'
import { type Path, type Problem, problemsOf } from './publisher_file_error.ts'
import type { Shop } from './shop.ts'
import { unkeepable } from './unkeepable.ts'

/** A product, or everything that is wrong with what was written; paths begin with `at`. */
export type JudgedProduct = { product: Product; problems: [] } | { product: undefined; problems: Problem[] }

/** Judges one product, in the words of the publisher file, as the whole file is judged. */
export function judgeProduct(written: unknown, shop: Shop, at: Path = []): JudgedProduct {
  const unkept = unkeepable(written, at)
  if (unkept.length > 0) return { product: undefined, problems: unkept }
  const { data, error } = Product.safeParse(written)
  const problems = error
    ? problemsOf(error.issues).map(({ path, message }) => ({ path: [...at, ...path], message }))
    : checkProduct({ at, value: data }, surroundingsOf(shop))
  return data && problems.length === 0 ? { product: data, problems: [] } : { product: undefined, problems }
}
