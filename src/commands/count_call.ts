import { sql } from 'kysely'
import { AdcpError } from '../adcp/error.ts'
import type { Db } from '../db/database.ts'

interface Limited {
  principal_id: string
  max_calls_per_minute: number | null
}

/**
 * Counts a call of a buyer that may make only so many in a minute, in PostgreSQL, so for all processes alike. Costs nothing where
 * there is no such limit. @throws AdcpError RATE_LIMITED
 */
export async function countCall(
  db: Db,
  { principal_id, max_calls_per_minute: most }: Limited,
  now: Date,
): Promise<void> {
  if (most === null) return
  const minute = new Date(Math.floor(now.getTime() / 60_000) * 60_000)
  const { numAffectedRows } = await sql`
    insert into principal_calls as c (principal_id, minute, calls) values (${principal_id}, ${minute}, 1)
    on conflict (principal_id) do update
      set minute = excluded.minute, calls = case when c.minute = excluded.minute then c.calls + 1 else 1 end
      where c.minute <> excluded.minute or c.calls < ${most}`.execute(db)
  if (numAffectedRows === 1n) return
  const retry_after = Math.max(1, Math.ceil((minute.getTime() + 60_000 - now.getTime()) / 1000))
  throw new AdcpError({
    code: 'RATE_LIMITED',
    message: `The publisher answers ${most} calls of yours a minute.`,
    suggestion: `Send it again in ${retry_after} seconds.`,
    retry_after,
  })
}
