import { sql, type RawBuilder } from 'kysely'
import { anyOf, type Term } from './brief.ts'
import { inSample, MANY } from './sample.ts'

/** More words than this make no difference to who is looked at first. */
const MOST_COMMON = 6

/** Finds those worth ranking where words are so common that ranking all who have one would take too long. */
export interface Crowd {
  /** A tsquery for any rare word. */
  rare: string
  /** The common words, the best matches first. */
  tiers: readonly Tier[]
}
interface Tier {
  query: string
  /** Whether the name alone is to match. */
  named: boolean
}

/** Undefined where no word is common: then every match is ranked. */
export function crowdOf(terms: readonly Term[]): Crowd | undefined {
  const common = terms.filter((term) => term.common).map(({ lexeme }) => lexeme)
  if (common.length === 0) return undefined
  const rare = terms.filter((term) => !term.common).map(({ lexeme }) => lexeme)
  return { rare: anyOf(rare), tiers: tiersOf(common) }
}

function tiersOf(common: readonly string[]): Tier[] {
  const words = common.slice(0, MOST_COMMON).map((lexeme) => anyOf([lexeme]))
  const all = words.join(' & ')
  const pairs = words.flatMap((one, i) => words.slice(i + 1).map((other) => `${one} & ${other}`)).join(' | ')
  const any = anyOf(common)
  return [
    { query: all, named: true },
    ...(words.length > 1 ? [{ query: all, named: false }] : []),
    ...(words.length > 2 ? [{ query: pairs, named: false }] : []),
    ...(words.length > 1 ? [{ query: any, named: true }] : []),
    { query: any, named: false },
  ]
}

/**
 * Scores the products that were chosen, have a rare word, or are among the first thousand of a tier where no better tier has as many, best
 * first. `passing` selects the products to choose from, with product_id, search and score. A product is found and scored in one go.
 */
export function rankCrowd(
  { rare, tiers }: Crowd,
  chosen: readonly string[],
  passing: RawBuilder<unknown>,
): RawBuilder<{ product_id: string; score: string }> {
  const looks = tiers.flatMap((tier) => [sql`${matches(tier)} and ${inSample}`, matches(tier)])
  const name = (i: number) => sql.ref(`look_${i}`)
  const scored = sql`select product_id, score from passing p where`
  const first = looks.map((found, i) => {
    const wanted = looks
      .slice(0, i)
      .map((_, j) => sql`and (select count(*) from ${name(j)}) < ${sql.lit(MANY)}`)
    return sql`${name(i)} as materialized (${scored} ${found} ${sql.join(wanted, sql` `)} limit ${sql.lit(MANY)})`
  })
  const found = looks.map((_, i) => sql`union select * from ${name(i)}`)
  return sql`(
    with passing as not materialized (${passing}), ${sql.join(first)}
    ${scored} product_id = any(${chosen}::text[])
    union ${scored} p.search @@ ${rare}::tsquery
    ${sql.join(found, sql` `)}
    order by score desc, product_id)`
}

const matches = ({ query, named }: Tier) =>
  named ? sql`ts_filter(p.search, '{a}') @@ ${query}::tsquery` : sql`p.search @@ ${query}::tsquery`
