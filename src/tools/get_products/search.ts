import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import type { Term } from './brief.ts'
import type { Condition } from './filters.ts'
import { productColumns, selectProducts, type ProductRow } from './product.ts'

/** How much a term counts by where it stands: description, keywords and what buyers call channels and countries, name. */
const weights = '{0.05, 0.2, 0.6, 1.0}'

export interface Search {
  terms: readonly Term[]
  conditions: readonly Condition[]
  preferred: readonly string[]
}
export interface Hit extends ProductRow {
  score: string
  in_name: string[]
  matched: string[]
}

/** A page of products that pass every condition; with terms, best match first and only what matches one of them. */
export function selectHits(
  db: ReadDb,
  principal: Principal,
  search: Search,
  page: { limit: number; after: (string | number)[] },
) {
  const lexemes = search.terms.map((term) => term.lexeme)
  const counts = search.terms.map((term) => term.weight)
  const term = sql`unnest(${lexemes}::text[], ${counts}::float8[]) as term (lexeme, weight)`
  const query = sql`quote_literal(term.lexeme)::tsquery`
  const any = lexemes.map((lexeme) => `'${lexeme.replaceAll("'", "''")}'`).join(' | ')

  const hits = selectProducts(db, principal)
    .$call((q) => search.conditions.reduce((filtered, { holds }) => filtered.where(holds), q))
    .$if(lexemes.length > 0, (q) => q.where(sql<boolean>`p.search @@ ${any}::tsquery`))
    .select(productColumns)
    .select([
      sql<string>`round((coalesce((select sum(term.weight * ts_rank(${weights}, p.search, ${query})) from ${term}), 1)
        * case when p.delivery_type::text = any(${search.preferred}::text[]) then 1.25 else 1 end)::numeric, 9)`.as(
        'score',
      ),
      sql<string[]>`array(select term.lexeme from ${term} where ts_filter(p.search, '{a}') @@ ${query})`.as(
        'in_name',
      ),
      sql<string[]>`array(select term.lexeme from ${term} where p.search @@ ${query})`.as('matched'),
    ])
  const [score, productId] = page.after
  return db
    .selectFrom(hits.as('hit'))
    .selectAll()
    .$if(score !== undefined, (q) =>
      q.where(sql<boolean>`(-hit.score, hit.product_id) > (-${score}::numeric, ${productId})`),
    )
    .orderBy('score', 'desc')
    .orderBy('product_id')
    .limit(page.limit)
}

/** Why a product is among the answers, in the brief's own words. */
export function relevance(hit: Hit, terms: readonly Term[]): string | undefined {
  if (hit.matched.length === 0) return undefined
  const words = (lexemes: string[]) => {
    const wanted = terms.filter((term) => lexemes.includes(term.lexeme))
    return [
      ...new Set(wanted.map(({ word, meant }) => (meant === null ? word : `${meant} (for "${word}")`))),
    ].join(', ')
  }
  const rest = hit.matched.filter((lexeme) => !hit.in_name.includes(lexeme))
  const parts = [
    hit.in_name.length > 0 && `its name says ${words(hit.in_name)}`,
    rest.length > 0 && `it ${hit.in_name.length > 0 ? 'also ' : ''}fits ${words(rest)}`,
  ]
  const sentence = parts.filter(Boolean).join('; ')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}
