import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../../adcp/own_ids.ts'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { whatIsLeft, type Days, type Left } from '../../queries/availability.ts'
import { anyOf, type Term } from './brief.ts'
import { crowdOf, isInCrowd, type Crowd } from './crowd.ts'
import type { Condition } from './filters.ts'
import { productColumns, selectProducts, type Buyer, type ProductRow } from './product.ts'

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
export function readHits(
  db: ReadDb,
  principal: Principal,
  search: Search,
  page: { limit: number; after: (string | number)[] },
): Promise<Hit[]> {
  const asked = askedOf(principal, search, page)
  if (search.conditions.length === 0) return hitsOfNoCondition(db, asked)
  return selectHits(db, asked, search.conditions).execute()
}

/** A search as values alone, for what is built once. */
interface Asked {
  buyer: Buyer & { mark: string }
  /** Undefined where there are none: an empty list would be a value. */
  terms: readonly { weight: number; query: string }[] | undefined
  lexemes: readonly string[]
  /** A tsquery for any term. */
  any: string
  crowd: Crowd | undefined
  preferred: readonly string[]
  chosen: readonly string[]
  /** Whether only what fits a term, or was chosen, is asked for. */
  narrow: boolean
  /** Whether all fit equally well, so that their ids alone order them. */
  equal: boolean
  left: Search['left']
  after: { score: string | number; product_id: string | number } | undefined
  limit: number
}

function askedOf(
  { tenant_id, principal_id, sandbox, allowed_product_ids }: Principal,
  { terms, preferred, chosen, left }: Search,
  { limit, after: [score, product_id] }: { limit: number; after: (string | number)[] },
): Asked {
  const lexemes = terms.map((term) => term.lexeme)
  return {
    buyer: { tenant_id, principal_id, sandbox, allowed_product_ids, mark: markOf(principal_id) },
    terms:
      terms.length > 0 ? terms.map(({ weight, lexeme }) => ({ weight, query: anyOf([lexeme]) })) : undefined,
    lexemes,
    any: anyOf(lexemes),
    crowd: crowdOf(terms),
    preferred,
    chosen,
    narrow: lexemes.length > 0 || chosen.length > 0,
    equal: lexemes.length === 0 && chosen.length === 0 && preferred.length === 0,
    left,
    after: score === undefined || product_id === undefined ? undefined : { score, product_id },
    limit,
  }
}

const hitsOfNoCondition = compiled((db, asked: Asked) => selectHits(db, asked, []))

function selectHits(db: ReadDb, asked: Asked, conditions: readonly Condition[]) {
  const { left, after, lexemes, equal } = asked
  const words = sql`unnest(${lexemes}::text[]) as lexeme`
  return db
    .selectFrom(selectCandidates(db, asked, conditions).as('p'))
    .$call((q) => conditions.reduce((some, { holds, quick }) => (quick ? some.where(holds) : some), q))
    .$if(after !== undefined && !equal, (q) =>
      q.where(sql<boolean>`(-p.score, p.product_id) > (-(${after?.score}::numeric), ${after?.product_id})`),
    )
    .select(productColumns)
    .select([
      'p.score',
      left ? whatIsLeft(left.days, left.now).as('left') : sql<Left | null>`null::json`.as('left'),
      sql<
        string[]
      >`array(select lexeme from ${words} where ts_filter(p.search, '{a}') @@ quote_literal(lexeme)::tsquery)`.as(
        'in_name',
      ),
      sql<string[]>`array(select lexeme from ${words} where p.search @@ quote_literal(lexeme)::tsquery)`.as(
        'matched',
      ),
    ])
    .$if(!equal, (q) => q.orderBy('score', 'desc'))
    .orderBy('product_id')
    .limit(asked.limit)
}

/** All that passes what is told quickly, best first. Offset 0 keeps PostgreSQL from asking the rest of products no page shows. */
function selectCandidates(
  db: ReadDb,
  { buyer, terms, any, crowd, preferred, chosen, narrow, equal, after }: Asked,
  conditions: readonly Condition[],
) {
  const passing = selectProducts(db, buyer).$call((q) =>
    conditions.reduce((some, { holds, quick }) => some.where(quick ?? holds), q),
  )
  const matches = crowd
    ? isInCrowd(crowd, chosen, sql`${passing.select(['p.product_id', 'p.search'])}`)
    : sql<boolean>`(p.product_id = any(${chosen}::text[]) or p.search @@ ${any}::tsquery)`
  return passing
    .$if(narrow, (q) => q.where(matches))
    .$if(equal && after !== undefined, (q) => q.where(sql<boolean>`p.product_id > ${after?.product_id}`))
    .selectAll('p')
    .select(
      sql<string>`round((${fit(terms)}
        * case when p.delivery_type::text = any(${preferred}::text[]) then 1.25 else 1 end
        + coalesce(1000 - array_position(${chosen}::text[], p.product_id), 0))::numeric, 9)`.as('score'),
    )
    .$if(!equal, (q) => q.orderBy('score', 'desc'))
    .orderBy('product_id')
    .offset(0)
}

/** How well a product fits, the telling words more; a constant per word, since it is worked out for every match of a brief. */
function fit(terms: Asked['terms']): RawBuilder<number> {
  if (!terms) return sql`1`
  const ranks = terms.map(
    ({ query, weight }) => sql`${weight}::float8 * ts_rank(${weights}, p.search, ${query}::tsquery)`,
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
