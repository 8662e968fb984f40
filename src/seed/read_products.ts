import { fromCsv } from './read_product_csv.ts'
import { fromJson } from './read_product_json.ts'
import type { ReadFile } from './read_file.ts'

/** Reads a file of products: a table if its first line is one of column names, else JSON or YAML. */
export function readProducts(text: string): ReadFile {
  return /^\uFEFF?\s*"?[a-z_ ]+"?\s*[,;\t]/i.test(text) ? fromCsv(text) : fromJson(text)
}
