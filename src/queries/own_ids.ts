import { sql } from 'kysely'
import { markOf } from '../adcp/own_ids.ts'
import type { ReadDb } from '../db/database.ts'

export type IdKind = 'product' | 'format' | 'media_buy' | 'package' | 'task' | 'account'
/** The ids of a sandbox buyer that carry its mark, and every account it may use, marked or not. */
export type KnownIds = Record<IdKind, ReadonlySet<string>>

const kinds: IdKind[] = ['product', 'format', 'media_buy', 'package', 'task', 'account']

/** Which ids this sandbox buyer has in the database. */
export async function readKnownIds(
  db: ReadDb,
  { principal_id }: { principal_id: string },
): Promise<KnownIds> {
  const mark = markOf(principal_id)
  const marked = (column: string) => sql`right(${sql.ref(column)}, ${mark.length}) = ${mark}`
  const rows = await db
    .selectFrom(
      sql<{ kind: IdKind; id: string }>`(
        select 'product' as kind, product_id as id from products where sandbox_of = ${principal_id}
        union all select 'format', format_id from creative_formats where sandbox_of = ${principal_id}
        union all select 'media_buy', media_buy_id from media_buys
          where principal_id = ${principal_id} and ${marked('media_buy_id')}
        union all select 'package', package_id from media_packages join media_buys buy using (media_buy_id)
          where buy.principal_id = ${principal_id} and ${marked('package_id')}
        union all select 'task', task_id from workflow_steps join media_buys buy using (media_buy_id)
          where buy.principal_id = ${principal_id} and ${marked('task_id')}
        union all select 'account', account_id from account_principals where principal_id = ${principal_id})`.as(
        'known',
      ),
    )
    .selectAll()
    .execute()
  return Object.fromEntries(
    kinds.map((kind) => [kind, new Set(rows.filter((row) => row.kind === kind).map(({ id }) => id))]),
  ) as unknown as KnownIds
}
