import { sql, type RawBuilder } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { whatIsLeft, type Days, type Left } from '../../queries/availability.ts'
import { anyOf, type Term } from './brief.ts'
import type { Condition } from './filters.ts'
import { productColumns, selectProducts, type ProductRow } from './product.ts'

/** How much a term counts by where it stands: description, keywords and what buyers call channels and countries, name. */
const weights = '{0.05, 0.2, 0.6, 1.0}'

export interface Search {
  terms: readonly Term[]
  conditions: readonly Condition[]
  preferred: readonly string[]
  /** Products in the answer whatever the terms, before all others and in this order; fewer than a thousand. */
  chosen: readonly string[]
  /** The days to say what is left in; left out: nothing is said of it. */
  left?: { days: Days; now: Date }
}
export interface Hit extends ProductRow {
  left: Left | null
  score: string
  in_name: string[]
  matched: string[]
}

/**
 * A page of products that pass every condition; with terms, best match first and only what matches one of them. What is left is
 * looked up in that order, and only until the page is full.
 */
export function selectHits(
  db: ReadDb,
  principal: Principal,
  search: Search,
  page: { limit: number; after: (string | number)[] },
) {
  const lexemes = search.terms.map((term) => term.lexeme)
  const words = sql`unnest(${lexemes}::text[]) as lexeme`
  const [score, productId] = page.after
  return db
    .selectFrom(selectCandidates(db, principal, search, lexemes).as('p'))
    .$call((q) => search.conditions.reduce((some, { holds, quick }) => (quick ? some.where(holds) : some), q))
    .$if(score !== undefined, (q) =>
      q.where(sql<boolean>`(-p.score, p.product_id) > (-${score}::numeric, ${productId})`),
    )
    .select(productColumns)
    .select([
      'p.score',
      search.left
        ? whatIsLeft(search.left.days, search.left.now).as('left')
        : sql<Left | null>`null::json`.as('left'),
      sql<
        string[]
      >`array(select lexeme from ${words} where ts_filter(p.search, '{a}') @@ quote_literal(lexeme)::tsquery)`.as(
        'in_name',
      ),
      sql<string[]>`array(select lexeme from ${words} where p.search @@ quote_literal(lexeme)::tsquery)`.as(
        'matched',
      ),
    ])
    .orderBy('score', 'desc')
    .orderBy('product_id')
    .limit(page.limit)
}

/** All that passes what is told quickly, best first. Offset 0 keeps PostgreSQL from asking the rest of products no page shows. */
function selectCandidates(db: ReadDb, principal: Principal, search: Search, lexemes: readonly string[]) {
  const isChosen = sql<boolean>`p.product_id = any(${search.chosen}::text[])`
  return selectProducts(db, principal)
    .$call((q) => search.conditions.reduce((some, { holds, quick }) => some.where(quick ?? holds), q))
    .$if(lexemes.length > 0 || search.chosen.length > 0, (q) =>
      q.where(sql<boolean>`(${isChosen} or p.search @@ ${anyOf([...lexemes])}::tsquery)`),
    )
    .selectAll('p')
    .select(
      sql<string>`round((${fit(search.terms)}
        * case when p.delivery_type::text = any(${search.preferred}::text[]) then 1.25 else 1 end
        + coalesce(1000 - array_position(${search.chosen}::text[], p.product_id), 0))::numeric, 9)`.as(
        'score',
      ),
    )
    .orderBy('score', 'desc')
    .orderBy('product_id')
    .offset(0)
}

/** How well a product fits, the telling words more; a constant per word, since it is worked out for every match of a brief. */
function fit(terms: readonly Term[]): RawBuilder<number> {
  if (terms.length === 0) return sql`1`
  const ranks = terms.map(
    ({ lexeme, weight }) =>
      sql`${weight}::float8 * ts_rank(${weights}, p.search, ${anyOf([lexeme])}::tsquery)`,
  )
  return sql`(${sql.join(ranks, sql` + `)})`
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
