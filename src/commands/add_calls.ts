import { sql } from 'kysely'
import type { Db } from '../db/database.ts'

export interface Calls {
  /** Who came: `address 192.0.2.7`. */
  subject: string
  /** When the minute began. */
  minute: Date
  calls: number
}

/** Adds up what several servers counted; how many came in that minute in all. A later minute begins anew. */
export async function addCalls(db: Db, { subject, minute, calls }: Calls): Promise<number> {
  const { rows } = await sql<{ calls: number }>`
    insert into call_counts as c (subject, minute, calls) values (${subject}, ${minute}, ${calls})
    on conflict (subject) do update set
      minute = greatest(c.minute, excluded.minute),
      calls = case when c.minute < excluded.minute then excluded.calls else c.calls + excluded.calls end
    returning calls`.execute(db)
  return rows[0]?.calls ?? calls
}
