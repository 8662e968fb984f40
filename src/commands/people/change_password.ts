import type { Db } from '../../db/database.ts'
import { hashPassword } from '../../passwords.ts'
import { recordAudit } from '../record.ts'
import { signIn, type AttemptOutcome } from './sign_in.ts'

export interface PasswordChange {
  user_id: string
  /** The one that counts now; wrong ones count as wrong ones at the door do. */
  password: string
  wanted: string
  /** Where it comes from. */
  address: string
  now: Date
}

/** Sets somebody's own password and signs them out everywhere; each publisher they work for has it on record. */
export async function changePassword(
  db: Db,
  { user_id, password, wanted, address, now }: PasswordChange,
): Promise<AttemptOutcome['type']> {
  const { name, email } = await db
    .selectFrom('users')
    .select(['name', 'email'])
    .where('user_id', '=', user_id)
    .executeTakeFirstOrThrow()
  const outcome = await signIn(db, { email, password, address, now })
  if (outcome.type !== 'welcome') return outcome.type
  const password_hash = await hashPassword(wanted)
  await db.transaction().execute(async (trx) => {
    await trx.updateTable('users').set({ password_hash }).where('user_id', '=', user_id).execute()
    await trx.deleteFrom('console_sessions').where('user_id', '=', user_id).execute()
    const publishers = await trx
      .selectFrom('memberships')
      .select('tenant_id')
      .where('user_id', '=', user_id)
      .execute()
    const actor = { kind: 'operator', name, user_id } as const
    const what = { action: 'change_password', subject_kind: 'user', subject_id: user_id } as const
    for (const { tenant_id } of publishers) await recordAudit(trx, actor, { tenant_id, ...what })
  })
  return 'welcome'
}
