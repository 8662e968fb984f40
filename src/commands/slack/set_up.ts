import type { Db } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { recordAudit } from '../record.ts'

export interface SetUp {
  channel_id?: string
  /** null: what is escalated goes to the same channel. */
  escalation_channel_id?: string | null
  time_zone?: string
  /** null: no daily summary. */
  summary_hour?: number | null
}

/** For which publisher, and who does it; `user_id` where that is one of the desk's people. */
interface By {
  tenant_id: string
  by: string
  user_id?: string
}

/** Says where and when a publisher's people are told in Slack. False where it has no Slack. */
export async function setUpSlack(
  db: Db,
  { tenant_id, by, user_id, set }: By & { set: SetUp },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('slack_connections')
      .set({ ...set, failures: 0, last_error: null, hold_until: null })
      .where('tenant_id', '=', tenant_id)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await enqueue(trx, 'tell_slack', { tenant_id })
    await recordAudit(
      trx,
      { kind: 'operator', name: by, ...(user_id !== undefined && { user_id }) },
      {
        tenant_id,
        action: 'set_up_slack',
        subject_kind: 'tenant',
        subject_id: tenant_id,
        detail: { ...set },
      },
    )
    return true
  })
}

/** Ends it: nothing is told in Slack any more, and clicks there decide nothing. What was told stays on record. */
export async function disconnectSlack(db: Db, { tenant_id, by, user_id }: By): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const gone = await trx
      .deleteFrom('slack_connections')
      .where('tenant_id', '=', tenant_id)
      .returning(['way', 'team_id', 'team_name', 'channel_id'])
      .executeTakeFirst()
    if (!gone) return false
    const actor = { kind: 'operator', name: by, ...(user_id !== undefined && { user_id }) } as const
    const what = { action: 'disconnect_slack', subject_kind: 'tenant', subject_id: tenant_id } as const
    await recordAudit(trx, actor, { tenant_id, ...what, detail: { ...gone } })
    return true
  })
}
