import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import type { SlackFault } from './fault.ts'

const FIRST_PAUSE_MS = 2000
const LONGEST_PAUSE_MS = 10 * 60_000
/** A worker's clock and PostgreSQL's differ; a job that comes this much early is not sent back. */
const CLOCKS_DIFFER_MS = 1000

/** Until when a publisher's Slack is left in peace, if it still is. */
export async function heldUntil(db: Db, tenant_id: string, now: Date): Promise<Date | undefined> {
  const row = await db
    .selectFrom('slack_connections')
    .select('hold_until')
    .where('tenant_id', '=', tenant_id)
    .where('hold_until', '>', new Date(now.getTime() + CLOCKS_DIFFER_MS))
    .executeTakeFirst()
  return row?.hold_until ?? undefined
}

/** Writes down what went wrong; says when it may be tried again: when Slack says so, or after longer and longer pauses. */
export async function hold(db: Db, tenant_id: string, fault: SlackFault, now: Date): Promise<Date> {
  const { failures } = await db
    .updateTable('slack_connections')
    .set({ failures: sql<number>`failures + 1`, last_error: fault.code.slice(0, 300) })
    .where('tenant_id', '=', tenant_id)
    .returning('failures')
    .executeTakeFirstOrThrow()
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 20), LONGEST_PAUSE_MS)
  const until = new Date(now.getTime() + (fault.retry_after_ms ?? pause))
  await db
    .updateTable('slack_connections')
    .set({ hold_until: until })
    .where('tenant_id', '=', tenant_id)
    .execute()
  return until
}

/** Slack takes what we say. */
export async function release(db: Db, tenant_id: string): Promise<void> {
  await db
    .updateTable('slack_connections')
    .set({ failures: 0, last_error: null, hold_until: null })
    .where('tenant_id', '=', tenant_id)
    .where(({ eb, or }) => or([eb('failures', '>', 0), eb('hold_until', 'is not', null)]))
    .execute()
}
