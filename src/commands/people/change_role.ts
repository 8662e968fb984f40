import type { Db, Trx } from '../../db/database.ts'
import type { UserRole } from '../../db/schema.ts'
import { recordAudit, type Actor } from '../record.ts'

/** Somebody who works for a publisher, and who decides about them. */
export interface Member {
  tenant_id: string
  user_id: string
  by: Actor
}
export type MemberOutcome = 'done' | 'not_found' | 'last_admin'

/** Gives somebody another role. PostgreSQL sees to it that an admin stays. */
export function changeRole(
  db: Db,
  { tenant_id, user_id, role, by }: Member & { role: UserRole },
): Promise<MemberOutcome> {
  return keepingAnAdmin(db, async (trx) => {
    const changed = await trx
      .updateTable('memberships as m')
      .from('memberships as before')
      .set({ role })
      .where('m.tenant_id', '=', tenant_id)
      .where('m.user_id', '=', user_id)
      .whereRef('before.tenant_id', '=', 'm.tenant_id')
      .whereRef('before.user_id', '=', 'm.user_id')
      .returning('before.role as before')
      .executeTakeFirst()
    if (!changed) return 'not_found'
    const what = { action: 'change_role', subject_kind: 'user', subject_id: user_id } as const
    await recordAudit(trx, by, { tenant_id, ...what, detail: { ...changed, after: role } })
    return 'done'
  })
}

/** Ends somebody's work for a publisher. They are nobody there from their next click on; what they did stays on record. */
export function removeMember(db: Db, { tenant_id, user_id, by }: Member): Promise<MemberOutcome> {
  return keepingAnAdmin(db, async (trx) => {
    const gone = await trx
      .deleteFrom('memberships')
      .where('tenant_id', '=', tenant_id)
      .where('user_id', '=', user_id)
      .returning('role')
      .executeTakeFirst()
    if (!gone) return 'not_found'
    const what = { action: 'remove_member', subject_kind: 'user', subject_id: user_id } as const
    await recordAudit(trx, by, { tenant_id, ...what, detail: { role: gone.role } })
    return 'done'
  })
}

/** The rule is looked at as the transaction ends, so that two admins cannot demote each other at once. */
async function keepingAnAdmin(db: Db, work: (trx: Trx) => Promise<MemberOutcome>): Promise<MemberOutcome> {
  try {
    return await db.transaction().execute(work)
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'memberships_keep_an_admin') return 'last_admin'
    throw error
  }
}
