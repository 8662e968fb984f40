import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Output, Principal } from '../define-tool.ts'
import { anyOf, type Term } from './brief.ts'
import type { Condition } from './filters.ts'
import { selectProducts } from './product.ts'
import { countUpTo, inSample, isManyInSample, MANY } from './sample.ts'

/**
 * AdCP 3.1's filter_diagnostics, in one query: how many products the brief finds before any filter, and how many would be back
 * if one filter alone were dropped. Left out where that would mean to look at more than a thousand products.
 */
export async function filterDiagnostics(
  db: ReadDb,
  principal: Principal,
  conditions: readonly Condition[],
  terms: readonly Term[],
): Promise<Output> {
  const filters = conditions.filter(({ field }) => field.startsWith('filters.'))
  if (filters.length === 0) return {}
  const any = anyOf(terms.map(({ lexeme }) => lexeme))
  const known = selectProducts(db, principal).$if(terms.length > 0, (q) =>
    q.where(sql<boolean>`p.search @@ ${any}::tsquery`),
  )
  // counted first: of too many not one is asked about its filters
  const few = sql<boolean>`(select n <= ${sql.lit(MANY)} from counted)`
  const passed = known
    .where(few)
    .select(conditions.map(({ holds }, i) => holds.as(`holds_${i}`)))
    // each condition is asked once for each product, however often it counts
    .offset(0)
  const count = (but?: Condition) => {
    const names = conditions.flatMap((one, i) =>
      one === but ? [] : [sql`coalesce(${sql.ref(`holds_${i}`)}, false)`],
    )
    return sql<number>`count(*) filter (where ${sql.join([sql`true`, ...names], sql` and `)})::int`
  }
  const row: Record<string, number> = await db
    .with('counted', (q) => q.selectNoFrom(countOf(known, terms).as('n')))
    .selectFrom(passed.as('passed'))
    .select([sql<number>`(select n from counted)`.as('total'), count().as('kept')])
    .select(filters.map((filter, i) => count(filter).as(`without_${i}`)))
    .executeTakeFirstOrThrow()
  if ((row['total'] ?? 0) > MANY) return {}
  const excluded = filters.flatMap(({ field }, i) => {
    const more = (row[`without_${i}`] ?? 0) - (row['kept'] ?? 0)
    return more > 0 ? [[field.slice('filters.'.length), { count: more }] as const] : []
  })
  return {
    filter_diagnostics: {
      semantics: 'only',
      total_candidates: row['total'] ?? 0,
      excluded_by: Object.fromEntries(excluded),
    },
  }
}

/** How many there are, up to one more than are looked at; of words the sample mostly tells. */
function countOf(known: ReturnType<typeof selectProducts>, terms: readonly Term[]) {
  const ids = known.select('p.product_id')
  const count = countUpTo(MANY + 1, sql`${ids}`)
  if (terms.length === 0) return count
  const sample = sql`${ids.where(inSample)}`
  return sql<number>`case when ${isManyInSample(sample)} then ${sql.lit(MANY + 1)} else ${count} end`
}
