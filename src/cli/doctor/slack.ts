import { slackTrouble } from '../../blocks/fault_words.ts'
import type { Db } from '../../db/database.ts'
import type { Finding } from './checks.ts'

/** Whether publishers' people are told in Slack what waits for them, and what keeps it from them where they are not. */
export async function checkSlack(db: Db): Promise<Finding> {
  const subject = 'slack'
  const rows = await db
    .selectFrom('slack_connections as slack')
    .innerJoin('tenants as t', 't.tenant_id', 'slack.tenant_id')
    .select(['t.tenant_id', 'way', 'channel_id', 'uninstalled_at', 'failures', 'last_error'])
    .where('t.closed_at', 'is', null)
    .orderBy('t.tenant_id')
    .execute()
  const wrong = rows.flatMap((row) => {
    const trouble = slackTrouble(row)
    return trouble === undefined ? [] : [`${row.tenant_id}: ${trouble}`]
  })
  if (wrong.length > 0) return { ok: false, subject, text: `${wrong.join('; ')}; see salesdesk slack show` }
  return { ok: true, subject, text: rows.length === 0 ? 'nobody is told there' : `${rows.length} told there` }
}
