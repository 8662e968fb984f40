import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'
import { copyRows, withoutTriggers } from '../bench/grow/copy_rows.ts'

/** What a brief finds a product by. */
export interface Offer {
  product_id: string
  name: string
  keywords: readonly string[]
  description: string
}
const LIKE = 'trail_display_run_of_site'

/** Thousands of products in the publisher's place, stored in this order, else all like its run of site; in a second. */
export async function sellOnly(db: Db, offers: readonly Offer[]): Promise<void> {
  const range = { have: 0, total: offers.length }
  const of = (table: string) =>
    sql`join jsonb_array_elements(${JSON.stringify(offers)}::jsonb) with ordinality as offer (it, nth) on nth = n
      join ${sql.table(table)} original on original.product_id = ${LIKE}`
  const say = (field: string) => sql`it->>${sql.lit(field)}`
  await withoutTriggers(db, async (quick) => {
    await sql`delete from pricing_options where product_id <> ${LIKE}`.execute(quick)
    await sql`delete from products where product_id <> ${LIKE}`.execute(quick)
    const anew = { product_id: say('product_id') }
    await copyRows(quick, 'pricing_options', range, { from: of('pricing_options'), anew })
    await copyRows(quick, 'products', range, {
      from: of('products'),
      anew: {
        ...anew,
        name: say('name'),
        description: say('description'),
        keywords: sql`array(select jsonb_array_elements_text(it->'keywords'))`,
        search_terms: sql`'{}'::text[]`,
        archived_at: sql`null`,
      },
    })
    await sql`update products set archived_at = now() where product_id = ${LIKE}`.execute(quick)
    await sql`vacuum analyze products, pricing_options`.execute(quick)
  })
}
