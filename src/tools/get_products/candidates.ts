import { sql, type RawBuilder } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import { rankCrowd, type Crowd } from './crowd.ts'
import type { Condition } from './filters.ts'
import { selectProducts, type Buyer } from './product.ts'

/** How much a term counts by where it stands: description, keywords and what buyers call channels and countries, name. */
const weights = sql.lit('{0.05, 0.2, 0.6, 1.0}')

/** Which products are looked at, and what makes one better than another; values alone, for what is built once. */
export interface Sought {
  buyer: Buyer & { mark: string }
  /** Undefined where there are none: an empty list would be a value. */
  terms: readonly { weight: number; query: string }[] | undefined
  /** A tsquery for any term. */
  any: string
  crowd: Crowd | undefined
  preferred: readonly string[]
  chosen: readonly string[]
  /** Whether only what fits a term, or was chosen, is asked for. */
  narrow: boolean
  /** Whether all fit equally well, so that their ids alone order them. */
  equal: boolean
  after: { score: string | number; product_id: string | number } | undefined
}

/** All that passes what is told quickly, best first, as alias `p`. Offset 0 keeps PostgreSQL from asking the rest of products no page shows. */
export function selectCandidates(db: ReadDb, sought: Sought, conditions: readonly Condition[]) {
  const { buyer, any, crowd, chosen, narrow, equal } = sought
  const score = scoreOf(sought)
  const pass = conditions.map(({ holds, quick }) => quick ?? holds)
  if (equal)
    return db
      .selectFrom(selectInOrder(db, sought).as('p'))
      .$call((q) => pass.reduce((some, holds) => some.where(holds), q))
      .selectAll('p')
      .select(score.as('score'))
  const passing = selectProducts(db, buyer).$call((q) => pass.reduce((some, holds) => some.where(holds), q))
  if (crowd) {
    const scored = passing.select(['p.product_id', 'p.search', score.as('score')])
    return selectRanked(db, buyer, rankCrowd(crowd, chosen, sql`${scored}`))
  }
  return passing
    .$if(narrow, (q) =>
      q.where(sql<boolean>`(p.product_id = any(${chosen}::text[]) or p.search @@ ${any}::tsquery)`),
    )
    .selectAll('p')
    .select(score.as('score'))
    .orderBy('score', 'desc')
    .orderBy('product_id')
    .offset(sql.lit(0))
}

/**
 * Products by their ids alone, as an index has them. What else they must be is asked of each in turn: PostgreSQL would sort the whole
 * catalogue where it expects little to pass. An offset it does not know when it plans has it plan for the first rows.
 */
const selectInOrder = (db: ReadDb, { buyer, after }: Sought) =>
  selectProducts(db, buyer)
    .$if(after !== undefined, (q) => q.where(sql<boolean>`p.product_id > ${after?.product_id}`))
    .selectAll('p')
    .orderBy('product_id')
    .offset(0)

/** The products of a ranking, each looked up when it is its turn. */
const selectRanked = (db: ReadDb, { tenant_id }: Buyer, ranking: ReturnType<typeof rankCrowd>) =>
  db
    .selectFrom(ranking.as('ranked'))
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('products as p')
          .selectAll('p')
          .where('p.tenant_id', '=', tenant_id)
          .whereRef('p.product_id', '=', 'ranked.product_id')
          .offset(sql.lit(0))
          .as('p'),
      (join) => join.onTrue(),
    )
    .selectAll('p')
    .select('ranked.score')
    .orderBy('ranked.score', 'desc')
    .orderBy('ranked.product_id')
    .offset(sql.lit(0))

/** How well a product `p` fits, the telling words more; a constant per word, since it is worked out for every match of a brief. */
function scoreOf({ terms, preferred, chosen }: Sought): RawBuilder<string> {
  const ranks = terms?.map(
    ({ query, weight }) => sql`${weight}::float8 * ts_rank(${weights}, p.search, ${query}::tsquery)`,
  )
  const fit = ranks ? sql`(${sql.join(ranks, sql` + `)})` : sql`1`
  return sql<string>`round((${fit}
    * case when p.delivery_type::text = any(${preferred}::text[]) then 1.25 else 1 end
    + coalesce(1000 - array_position(${chosen}::text[], p.product_id), 0))::numeric, 9)`
}
