import { sql, type RawBuilder } from 'kysely'
import { anyOf, MANY, type Term } from './brief.ts'

/** More words than this make no difference to who is looked at first. */
const MOST_COMMON = 6

/** Tsqueries that find those worth ranking where words are so common that ranking all who have one would take too long. */
export interface Crowd {
  rare: string
  all: string
  pairs: string
  any: string
}

/** Undefined where no word is common: then every match is ranked. */
export function crowdOf(terms: readonly Term[]): Crowd | undefined {
  const common = terms.filter((term) => term.common).map(({ lexeme }) => lexeme)
  if (common.length === 0) return undefined
  const words = common.slice(0, MOST_COMMON).map((lexeme) => anyOf([lexeme]))
  const pairs = words.flatMap((one, i) => words.slice(i + 1).map((other) => `${one} & ${other}`))
  return {
    rare: anyOf(terms.filter((term) => !term.common).map(({ lexeme }) => lexeme)),
    all: words.join(' & '),
    pairs: pairs.join(' | '),
    any: anyOf(common),
  }
}

/**
 * True of a product `p` that was chosen, has a rare word, or is among the first thousand that have all the common words, two of them or
 * one. `matching` selects the ids of products whose alias `p` passes every condition and this one.
 */
export function isInCrowd(
  { rare, all, pairs, any }: Crowd,
  chosen: readonly string[],
  matching: (found: RawBuilder<boolean>) => RawBuilder<unknown>,
): RawBuilder<boolean> {
  const has = (query: string) => matching(sql<boolean>`p.search @@ ${query}::tsquery`)
  const first = (query: string) => sql`(${has(query)} limit ${sql.lit(MANY)})`
  return sql<boolean>`p.product_id = any (array(select unnest(${chosen}::text[])
    union ${has(rare)} union ${first(all)} union ${first(pairs)} union ${first(any)}))`
}
