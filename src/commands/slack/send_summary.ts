import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'
import { tellPeople } from '../tell_people.ts'

/** Sends the summary of today at once, so that somebody sees whether Slack is reached. False where it is not connected. */
export async function sendSummary(
  db: Db,
  { tenant_id, by, now }: { tenant_id: string; by: Actor; now: Date },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    // whatever held messages back does not hold this one back
    const { numUpdatedRows } = await trx
      .updateTable('slack_connections')
      .set({ hold_until: null })
      .where('tenant_id', '=', tenant_id)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    const at = now.toISOString()
    const notice = {
      tenant_id,
      kind: 'daily_summary',
      subject_id: at.slice(0, 10),
      occasion: at,
      now,
    } as const
    await tellPeople(trx, notice)
    const what = { action: 'test_slack', subject_kind: 'tenant', subject_id: tenant_id } as const
    await recordAudit(trx, by, { tenant_id, ...what })
    return true
  })
}
