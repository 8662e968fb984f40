import type { Db } from '../../db/database.ts'
import type { UserRole } from '../../db/schema.ts'
import { hashToken, newToken } from '../../tokens.ts'
import { recordAudit, type Actor } from '../record.ts'

export const INVITATION_DAYS = 7

export interface Invited {
  tenant_id: string
  /** Whom it is for; the first person of a publisher says it while accepting. */
  email?: string
  role: UserRole
  now: Date
}

/** Invites somebody to work for a publisher. Returns the token of the link, which can be used once within seven days. */
export async function invite(db: Db, actor: Actor, invited: Invited): Promise<string> {
  const { tenant_id, role, now } = invited
  const token = newToken('')
  const email = invited.email?.trim().toLowerCase() ?? null
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('invitations')
      .values({
        token_hash: hashToken(token),
        tenant_id,
        email,
        role,
        invited_by: actor.name,
        created_at: now,
        expires_at: new Date(now.getTime() + INVITATION_DAYS * 86_400_000),
      })
      .execute()
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'invite',
      subject_kind: 'user',
      subject_id: email ?? 'the first person',
      detail: { role },
    })
  })
  return token
}
