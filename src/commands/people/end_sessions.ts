import type { Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import type { Member } from './change_role.ts'

/** Signs somebody who works for this publisher out of every browser. Returns how many; undefined where nobody is meant. */
export async function endSessions(db: Db, { tenant_id, user_id, by }: Member): Promise<number | undefined> {
  return db.transaction().execute(async (trx) => {
    const member = await trx
      .selectFrom('memberships')
      .select('user_id')
      .where('tenant_id', '=', tenant_id)
      .where('user_id', '=', user_id)
      .executeTakeFirst()
    if (!member) return undefined
    const ended = await trx.deleteFrom('console_sessions').where('user_id', '=', user_id).executeTakeFirst()
    const sessions = Number(ended.numDeletedRows)
    const what = { action: 'end_sessions', subject_kind: 'user', subject_id: user_id } as const
    await recordAudit(trx, by, { tenant_id, ...what, detail: { sessions } })
    return sessions
  })
}
