import { sql, type RawBuilder } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { anyOf, type Term } from './brief.ts'
import { selectProducts } from './product.ts'
import { MANY } from './sample.ts'

const SIMILAR = 5
/** Of so many words of its keywords any two are looked for. */
const MOST_KEYWORDS = 8

const lexemes = sql`(tsvector_to_array(to_tsvector('english', joined(keywords))))[:${sql.lit(MOST_KEYWORDS)}]`

/** The part two lists have in common: 0 to 1. */
const overlap = (one: string, other: string) => sql<number>`(
  select coalesce(count(*) filter (where a is not null and b is not null)::float8 / nullif(count(*), 0), 0)
  from unnest(${sql.raw(one)}) a full join unnest(${sql.raw(other)}) b on a = b)`

const formats = (alias: string) => `array(select f->>'id' from jsonb_array_elements(${alias}.format_ids) f)`

/** How far apart two price levels are, at their closest common model and currency: 1 equal, 0 nothing to compare. */
const priceLevel = sql<number>`coalesce((
  select max(1 / (1 + abs(ln(greatest(mine.price, 0.0001) / greatest(theirs.price, 0.0001)))))
  from (select pricing_model, currency, coalesce(fixed_price, floor_price) as price from pricing_options
        where tenant_id = p.tenant_id and product_id = p.product_id) as mine
  join (select pricing_model, currency, coalesce(fixed_price, floor_price) as price from pricing_options
        where tenant_id = s.tenant_id and product_id = s.product_id) as theirs using (pricing_model, currency)
  where mine.price is not null and theirs.price is not null), 0)`

/**
 * The products most like this one, by channels, formats, countries, words and price level, in one query. With terms, only
 * those that have one of them. At least something besides the price must be alike. Of more than a thousand products those are compared that
 * have all its keywords, those that have two, and the first ones, a thousand of each.
 */
export function selectSimilar(db: ReadDb, principal: Principal, productId: string, terms: readonly Term[]) {
  const alike = sql<number>`(3 * ${overlap('p.channels', 's.channels')} + 2 * ${overlap(formats('p'), formats('s'))}
    + ${overlap('p.countries', 's.countries')} + 2 * ${overlap('p.keywords', 's.keywords')})`
  const known = selectProducts(db, principal)
    .select('p.product_id')
    .$if(terms.length > 0, (q) =>
      q.where(sql<boolean>`p.search @@ ${anyOf(terms.map(({ lexeme }) => lexeme))}::tsquery`),
    )
  const having = (query: RawBuilder<unknown>) =>
    sql`(${known.where(sql<boolean>`p.search @@ (select ${query} from products
      where tenant_id = ${principal.tenant_id} and product_id = ${productId})`)} limit ${sql.lit(MANY)})`
  const all = sql`plainto_tsquery('english', joined(keywords))`
  const two = sql`(select string_agg(quote_literal(one) || ' & ' || quote_literal(other), ' | ')::tsquery
    from unnest(${lexemes}) one, unnest(${lexemes}) other where one < other)`
  const rows = selectProducts(db, principal)
    .where(
      sql<boolean>`p.product_id = any (array((${known} order by p.product_id limit ${sql.lit(MANY)})
        union ${having(all)} union ${having(two)}))`,
    )
    .innerJoin('products as s', (join) => join.onRef('s.tenant_id', '=', 'p.tenant_id'))
    .where('s.product_id', '=', productId)
    .whereRef('p.product_id', '<>', 's.product_id')
    .select(['p.product_id', alike.as('alike'), priceLevel.as('price_level')])
  return db
    .selectFrom(rows.as('similar'))
    .select('product_id')
    .where('alike', '>', 0.5)
    .orderBy(sql`alike + price_level`, 'desc')
    .orderBy('product_id')
    .limit(SIMILAR)
}
