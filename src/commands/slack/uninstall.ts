import { sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'

export interface Uninstalled {
  team_id: string
  app_id: string
  /** The publisher whose own app it was; undefined: the desk's, which all others have. */
  only: string | undefined
  /** When Slack says it happened, to the second. */
  at: Date
  now: Date
}

/**
 * A workspace took the app out, or took its token away: no publisher there is told anything any more, until somebody installs it
 * again. Word of it that comes after that changes nothing.
 */
export async function uninstallSlack(db: Db, { team_id, app_id, only, at, now }: Uninstalled): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const gone = await trx
      .updateTable('slack_connections')
      .set({ uninstalled_at: now, bot_token_sealed: null, failures: 0, last_error: null, hold_until: null })
      .where('team_id', '=', team_id)
      .where('uninstalled_at', 'is', null)
      .where(
        only === undefined
          ? sql<boolean>`signing_secret_sealed is null and (app_id = ${app_id} or app_id is null and way = 'environment')`
          : sql<boolean>`signing_secret_sealed is not null and tenant_id = ${only}`,
      )
      .where('connected_at', '<', new Date(at.getTime() + 1000))
      .returning('tenant_id')
      .execute()
    for (const { tenant_id } of gone)
      await recordAudit(
        trx,
        { kind: 'operator', name: 'Slack' },
        {
          tenant_id,
          action: 'slack_uninstalled',
          subject_kind: 'tenant',
          subject_id: tenant_id,
          detail: { team_id },
        },
      )
  })
}
