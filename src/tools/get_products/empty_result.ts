import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { anyOf, type Term } from './brief.ts'
import type { Condition } from './filters.ts'
import { selectProducts } from './product.ts'
import { MANY } from './sample.ts'

interface Count {
  alone: number
  without: number
}

/** Says which filter emptied the list: for each, how many products it leaves on its own and how many there would be without it. */
export async function explainEmptyResult(
  db: ReadDb,
  principal: Principal,
  conditions: readonly Condition[],
  terms: readonly Term[],
) {
  const all_of_it = selectProducts(db, principal)
    .select('p.product_id')
    .limit(10 * MANY)
  const total = await db
    .selectFrom(all_of_it.as('known'))
    .select(sql<number>`count(*)::int`.as('n'))
    .executeTakeFirstOrThrow()
  if (total.n === 0)
    return 'No product is on sale to you at all; ask the publisher which ones this token may buy.'
  const matching = terms.length > 0 ? textCondition(terms) : []
  const all = [...conditions, ...matching]
  if (all.length === 0) return 'The page is past the end of the list.'
  const fields = all.map(({ field }) => field).join(', ')
  if (total.n === 10 * MANY) return `Of thousands of products none passes all of these: ${fields}. Drop some.`
  const counts = await countEach(db, principal, all)
  const guilty = all.flatMap(({ field }, i) => sentence(field, counts[i], total.n))
  if (guilty.length > 0) return guilty.join(' ')
  return `No single filter empties the list of ${total.n} products, but together these do: ${fields}. Drop some.`
}

function sentence(field: string, count: Count | undefined, total: number): string[] {
  if (!count || (count.alone > 0 && count.without === 0)) return []
  const instead = count.without > 0 ? ` Without it ${count.without} would be left.` : ''
  if (count.alone === 0) return [`${field} fits none of ${total} products.${instead}`]
  return [`${field} leaves nothing of what the rest allows.${instead}`]
}

function textCondition(terms: readonly Term[]): Condition[] {
  const any = anyOf(terms.map(({ lexeme }) => lexeme))
  return [{ field: 'brief', holds: sql`p.search @@ ${any}::tsquery` }]
}

async function countEach(
  db: ReadDb,
  principal: Principal,
  conditions: readonly Condition[],
): Promise<Count[]> {
  const name = (i: number) => sql.ref(`holds_${i}`)
  const columns = conditions.flatMap((_, i) => {
    const others = conditions.flatMap((_one, j) => (j === i ? [] : [name(j)]))
    const rest = sql.join([sql`true`, ...others], sql` and `)
    return [
      sql<number>`count(*) filter (where ${name(i)})::int`.as(`alone_${i}`),
      sql<number>`count(*) filter (where ${rest})::int`.as(`without_${i}`),
    ]
  })
  const asked = selectProducts(db, principal)
    .select(conditions.map(({ holds }, i) => holds.as(`holds_${i}`)))
    // each condition is asked once for each product, however often it counts
    .offset(0)
  const row: Record<string, number> = await db
    .selectFrom(asked.as('asked'))
    .select(columns)
    .executeTakeFirstOrThrow()
  return conditions.map((_, i) => ({ alone: row[`alone_${i}`] ?? 0, without: row[`without_${i}`] ?? 0 }))
}
