import type { Db, ReadDb, Trx } from '../../db/database.ts'
import type { UserRole } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { hashPassword, isPassword } from '../../passwords.ts'
import { hashToken } from '../../tokens.ts'
import { recordAudit } from '../record.ts'

export interface Invitation {
  tenant_id: string
  publisher: string
  email: string | null
  role: UserRole
  invited_by: string
  /** Whether somebody with that email works at this desk already, and so has a password to give. */
  known: boolean
}
export interface Acceptance {
  token: string
  /** Read only where the invitation names nobody. */
  email: string
  name: string
  password: string
  now: Date
}
export type AcceptanceOutcome =
  { type: 'accepted'; user_id: string; tenant_id: string } | { type: 'gone' } | { type: 'wrong_password' }

/** An invitation that can still be accepted. */
export async function findInvitation(db: ReadDb, token: string, now: Date): Promise<Invitation | undefined> {
  const row = await selectOpen(db, token, now).executeTakeFirst()
  return row && { ...row, known: row.user_id !== null }
}

/** Makes whoever holds the invitation a member, once; somebody who works here already proves it with the password they have. */
export async function acceptInvitation(db: Db, acceptance: Acceptance): Promise<AcceptanceOutcome> {
  const { token, now, password } = acceptance
  // scrypt takes long, so it is done before anything is locked
  const password_hash = await hashPassword(password)
  return db.transaction().execute(async (trx) => {
    const invitation = await selectOpen(trx, token, now).forUpdate('i').executeTakeFirst()
    if (!invitation) return { type: 'gone' }
    const email = invitation.email ?? acceptance.email.trim().toLowerCase()
    const known = await trx.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst()
    if (known && !(await isPassword(password, known.password_hash))) return { type: 'wrong_password' }
    const user_id = known?.user_id ?? newId('usr')
    if (!known)
      await trx
        .insertInto('users')
        .values({ user_id, email, name: acceptance.name.trim(), password_hash, created_at: now })
        .execute()
    await join(trx, { ...invitation, token, user_id, now, name: known?.name ?? acceptance.name.trim() })
    return { type: 'accepted', user_id, tenant_id: invitation.tenant_id }
  })
}

interface Joining {
  tenant_id: string
  user_id: string
  name: string
  role: UserRole
  token: string
  now: Date
}

/** The membership an invitation promised, within the transaction that has locked it. */
async function join(trx: Trx, { tenant_id, user_id, role, token, now, name }: Joining): Promise<void> {
  await trx
    .insertInto('memberships')
    .values({ tenant_id, user_id, role, created_at: now })
    .onConflict((clash) => clash.columns(['tenant_id', 'user_id']).doUpdateSet({ role }))
    .execute()
  await trx
    .updateTable('invitations')
    .set({ accepted_at: now, accepted_by: user_id })
    .where('token_hash', '=', hashToken(token))
    .execute()
  await recordAudit(
    trx,
    { kind: 'operator', name, user_id },
    { tenant_id, action: 'join', subject_kind: 'user', subject_id: user_id, detail: { role } },
  )
}

const selectOpen = (db: ReadDb, token: string, now: Date) =>
  db
    .selectFrom('invitations as i')
    .innerJoin('tenants as t', 't.tenant_id', 'i.tenant_id')
    .leftJoin('users as u', 'u.email', 'i.email')
    .select(['i.tenant_id', 't.name as publisher', 'i.email', 'i.role', 'i.invited_by', 'u.user_id'])
    .where('t.closed_at', 'is', null)
    .where('i.token_hash', '=', hashToken(token))
    .where('i.accepted_at', 'is', null)
    .where('i.expires_at', '>', now)
