import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** What a sandbox buyer said is spent on an account: of the account as a whole, or else of its media buys together. */
export async function readSandboxSpend(
  db: ReadDb,
  account_id: string,
): Promise<{ amount: number; currency: string } | undefined> {
  const row = await db
    .selectFrom('sandbox_spend')
    .select([
      'currency',
      sql<string>`coalesce(sum(amount) filter (where media_buy_id is null), sum(amount))`.as('amount'),
    ])
    .where('account_id', '=', account_id)
    .groupBy('currency')
    .orderBy(sql`max(set_at)`, 'desc')
    .limit(1)
    .executeTakeFirst()
  return row && { amount: Number(row.amount), currency: row.currency }
}
