import { sql, type RawBuilder } from 'kysely'
import { markOf } from '../../adcp/own_ids.ts'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { whatIsLeft, type Days, type Left } from '../../queries/availability.ts'
import { anyOf, type Term } from './brief.ts'
import { selectCandidates, type Sought } from './candidates.ts'
import { crowdOf } from './crowd.ts'
import type { Condition } from './filters.ts'
import { productColumns, type Buyer, type ProductRow } from './product.ts'

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
  /** The lexemes of the brief that it has, in its name and anywhere. */
  in_name: string[]
  matched: string[]
}

/**
 * A page of products that pass every condition; with terms, best match first and only what matches one of them. What is left is
 * looked up in that order, and only until the page is full.
 */
export async function readHits(
  db: ReadDb,
  principal: Principal & Pick<Buyer, 'closed'>,
  search: Search,
  page: { limit: number; after: (string | number)[] },
): Promise<Hit[]> {
  const asked = askedOf(principal, search, page)
  const { conditions, terms } = search
  const rows =
    conditions.length === 0
      ? await hitsOfNoCondition(db, asked)
      : await selectHits(db, asked, conditions).execute()
  const lexemes = (holds: readonly boolean[]) => terms.flatMap(({ lexeme }, i) => (holds[i] ? lexeme : []))
  return rows.map((row) => ({ ...row, in_name: lexemes(row.in_name), matched: lexemes(row.matched) }))
}

/** A search as values alone, for what is built once. */
interface Asked extends Sought {
  left: Search['left']
  limit: number
}

function askedOf(
  { tenant_id, principal_id, sandbox, allowed_product_ids, closed }: Principal & Pick<Buyer, 'closed'>,
  { terms, preferred, chosen, left }: Search,
  { limit, after: [score, product_id] }: { limit: number; after: (string | number)[] },
): Asked {
  const lexemes = terms.map((term) => term.lexeme)
  return {
    buyer: {
      tenant_id,
      principal_id,
      sandbox,
      allowed_product_ids,
      ...(closed && { closed }),
      mark: markOf(principal_id),
    },
    terms:
      terms.length > 0 ? terms.map(({ weight, lexeme }) => ({ weight, query: anyOf([lexeme]) })) : undefined,
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
  const { left, after, terms = [], equal } = asked
  const each = (words: RawBuilder<unknown>) =>
    sql<
      boolean[]
    >`array[${sql.join(terms.map(({ query }) => sql`${words} @@ ${query}::tsquery`))}]::boolean[]`
  return db
    .selectFrom(selectCandidates(db, asked, conditions).as('p'))
    .$call((q) => conditions.reduce((some, { holds, quick }) => (quick ? some.where(holds) : some), q))
    .$if(after !== undefined && !equal, (q) =>
      q.where(sql<boolean>`(-p.score, p.product_id) > (-(${after?.score}::numeric), ${after?.product_id})`),
    )
    .select(productColumns(asked.buyer))
    .select([
      'p.score',
      left ? whatIsLeft(left.days, left.now).as('left') : sql<Left | null>`null::json`.as('left'),
      each(sql`ts_filter(p.search, '{a}')`).as('in_name'),
      each(sql`p.search`).as('matched'),
    ])
    .$if(!equal, (q) => q.orderBy('score', 'desc'))
    .orderBy('product_id')
    .limit(asked.limit)
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
