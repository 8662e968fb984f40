import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

/** Makes the links sent to somebody useless. False where none was open. */
export async function withdrawInvitations(
  db: Db,
  { tenant_id, email, by }: { tenant_id: string; email: string; by: Actor },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const { numDeletedRows } = await trx
      .deleteFrom('invitations')
      .where('tenant_id', '=', tenant_id)
      .where('email', '=', email)
      .where('accepted_at', 'is', null)
      .executeTakeFirst()
    if (numDeletedRows === 0n) return false
    const what = { action: 'withdraw_invitation', subject_kind: 'user', subject_id: email } as const
    await recordAudit(trx, by, { tenant_id, ...what })
    return true
  })
}
