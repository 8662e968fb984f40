import { sql } from 'kysely'
import type { Db } from '../../src/db/database.ts'

/** How many rows each table has, jobs included: equal before and after means that nothing was stored. */
export async function rowCounts(db: Db): Promise<Record<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('public', 'graphile_worker') order by 1`.execute(db)
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ n: number }>`select count(*)::int as n from ${sql.raw(name)}`.execute(db)
    counts[name] = rows[0]?.n ?? 0
  }
  return counts
}
