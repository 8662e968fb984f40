import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../src/db/database.ts'

const words = {
  topic: 'sports travel cooking finance gardening music motoring parenting cycling astronomy'.split(' '),
  kind: 'video display podcast newsletter sponsorship billboard skyscraper'.split(' '),
  place: 'Germany France Spain Italy Poland Austria Norway Portugal Ireland'.split(' '),
}
const pick = (list: readonly string[]) => sql`(${list}::text[])[1 + n % ${list.length}]`

/** Brings the catalogue up to `total` products: the example publisher's again and again, each under a name of its own. */
export async function growProducts(db: Db, total: number): Promise<void> {
  const have = await count(db, 'products')
  const range = sql`generate_series(${have + 1}::int, ${total}::int) n`
  const product_id = sql`original.product_id || '_' || n`
  const name = sql`initcap(${pick(words.topic)} || ' ' || ${pick(words.kind)} || ' ' || ${pick(words.place)}) || ' ' || n`
  const originals = (table: string) => sql`(select *, dense_rank() over (order by product_id) - 1 as nth
    from ${sql.table(table)} where tenant_id = 'northwind' and product_id !~ '_[0-9]+$') original
    on nth = n % (select count(*) from products where tenant_id = 'northwind' and product_id !~ '_[0-9]+$')`
  for (const [table, renamed] of [
    ['products', { product_id, name }],
    ['pricing_options', { product_id }],
  ] as const)
    await copy(db, table, sql`${range} join ${originals(table)}`, renamed)
  await sql`vacuum analyze products, pricing_options`.execute(db)
}

/** Brings the buys of the buyer up to `total`, copies of one that was bought. */
export async function growMediaBuys(db: Db, like: string, total: number): Promise<void> {
  const have = await count(db, 'media_buys')
  const from = (table: string) => sql`generate_series(${have + 1}::int, ${total}::int) n
    join ${sql.table(table)} original on original.media_buy_id = ${like}`
  const media_buy_id = sql`'mb_' || lpad(n::text, 26, '0')`
  const created_at = sql`original.created_at - n * interval '1 minute'`
  await copy(db, 'media_buys', from('media_buys'), { media_buy_id, created_at })
  const package_id = sql`'pkg_' || lpad(n::text, 24, '0') || right(original.package_id, 2)`
  await copy(db, 'media_packages', from('media_packages'), { media_buy_id, package_id })
  await sql`vacuum analyze media_buys, media_packages`.execute(db)
}

const count = async (db: Db, table: 'products' | 'media_buys') =>
  (
    await db
      .selectFrom(table)
      .select(sql<number>`count(*)::int`.as('n'))
      .executeTakeFirstOrThrow()
  ).n

/** Rows again, as they stand in `original`, with some columns made anew from the number `n`. */
async function copy(
  db: Db,
  table: string,
  from: RawBuilder<unknown>,
  anew: Record<string, RawBuilder<unknown>>,
) {
  const { rows } = await sql<{ name: string }>`select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`.execute(
    db,
  )
  const columns = sql.join(rows.map(({ name }) => sql.ref(name)))
  const values = sql.join(rows.map(({ name }) => anew[name] ?? sql`original.${sql.ref(name)}`))
  await sql`insert into ${sql.table(table)} (${columns}) select ${values} from ${from}`.execute(db)
}
