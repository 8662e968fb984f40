import type { Db, Trx } from '../../db/database.ts'
import type { UserRole } from '../../db/schema.ts'
import { newId } from '../../ids.ts'
import { hashToken } from '../../tokens.ts'
import { recordAudit } from '../record.ts'

export interface ElsewhereAttempt {
  issuer: string
  subject: string
  /** Only where the provider has verified it. */
  email: string | undefined
  name: string | undefined
  /** The token of an invitation that came with it. */
  invitation: string | undefined
  now: Date
}
export type ElsewhereOutcome =
  | { type: 'welcome'; user_id: string }
  /** Nobody has invited them, or the provider does not vouch for the email that would tell. */
  | { type: 'stranger' }
  | { type: 'unverified' }
  /** The email belongs to somebody who signs in with another account there. */
  | { type: 'another_account' }

/**
 * Lets somebody in whom an identity provider vouches for, if they work here or are invited to. The first time they are found by
 * their verified email, and from then on by the provider's own id for them, whatever becomes of the email.
 */
export async function signInElsewhere(db: Db, attempt: ElsewhereAttempt): Promise<ElsewhereOutcome> {
  return db.transaction().execute(async (trx) => {
    // locked first: two browsers of one newcomer at once make one person
    const open = await selectInvitations(trx, attempt).execute()
    const found = await findPerson(trx, attempt)
    if (found?.oidc_subject && !found.bound) return { type: 'another_account' }
    if (!found?.bound && attempt.email === undefined) return { type: 'unverified' }
    const works = found && (await publishersOf(trx, found.user_id))
    if (open.length === 0 && !works?.length) return { type: 'stranger' }
    const { user_id, name } = found ?? (await makePerson(trx, attempt))
    if (found && !found.bound) await bind(trx, attempt, found, works ?? [])
    for (const invitation of open) {
      const named =
        attempt.invitation !== undefined && invitation.token_hash.equals(hashToken(attempt.invitation))
      const joins = named || !works?.includes(invitation.tenant_id)
      await accept(trx, { ...invitation, user_id, name, joins, now: attempt.now })
    }
    return { type: 'welcome', user_id }
  })
}

/** What they may accept: what was sent to their email, the oldest first, and the link they came with if it names nobody else. */
function selectInvitations(trx: Trx, { email, invitation, now }: ElsewhereAttempt) {
  const token = invitation === undefined ? null : hashToken(invitation)
  return trx
    .selectFrom('invitations')
    .select(['token_hash', 'tenant_id', 'role'])
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .where((eb) =>
      eb.or([
        eb('email', '=', email ?? null),
        eb.and([eb('token_hash', '=', token), eb('email', 'is', null), eb.val(email !== undefined)]),
      ]),
    )
    .orderBy('created_at')
    .forUpdate()
}

async function findPerson(trx: Trx, { issuer, subject, email }: ElsewhereAttempt) {
  const people = await trx
    .selectFrom('users')
    .select(['user_id', 'name', 'oidc_issuer', 'oidc_subject'])
    .where((eb) =>
      eb.or([
        eb.and([eb('oidc_issuer', '=', issuer), eb('oidc_subject', '=', subject)]),
        eb('email', '=', email ?? null),
      ]),
    )
    .forUpdate()
    .execute()
  const known = people.map((one) => ({
    ...one,
    bound: one.oidc_issuer === issuer && one.oidc_subject === subject,
  }))
  return known.find(({ bound }) => bound) ?? known[0]
}

async function publishersOf(trx: Trx, user_id: string): Promise<string[]> {
  const rows = await trx
    .selectFrom('memberships')
    .select('tenant_id')
    .where('user_id', '=', user_id)
    .execute()
  return rows.map(({ tenant_id }) => tenant_id)
}

async function makePerson(trx: Trx, { issuer, subject, email = '', name, now }: ElsewhereAttempt) {
  const person = { user_id: newId('usr'), email, name: name || email }
  const row = { ...person, oidc_issuer: issuer, oidc_subject: subject, created_at: now }
  await trx.insertInto('users').values(row).execute()
  return person
}

interface Known {
  user_id: string
  name: string
}

async function bind(
  trx: Trx,
  { issuer, subject }: ElsewhereAttempt,
  { user_id, name }: Known,
  works: readonly string[],
) {
  await trx
    .updateTable('users')
    .set({ oidc_issuer: issuer, oidc_subject: subject })
    .where('user_id', '=', user_id)
    .execute()
  const actor = { kind: 'operator', name, user_id } as const
  const what = { action: 'bind_identity', subject_kind: 'user', subject_id: user_id } as const
  for (const tenant_id of works) await recordAudit(trx, actor, { tenant_id, ...what, detail: { issuer } })
}

interface Accepting extends Known {
  token_hash: Buffer
  tenant_id: string
  role: UserRole
  /** False where they work there already: the invitation is used up, and their role stays. */
  joins: boolean
  now: Date
}

async function accept(trx: Trx, { token_hash, tenant_id, role, user_id, name, joins, now }: Accepting) {
  await trx
    .updateTable('invitations')
    .set({ accepted_at: now, accepted_by: user_id })
    .where('token_hash', '=', token_hash)
    .execute()
  if (!joins) return
  await trx
    .insertInto('memberships')
    .values({ tenant_id, user_id, role, created_at: now })
    .onConflict((clash) => clash.columns(['tenant_id', 'user_id']).doUpdateSet({ role }))
    .execute()
  const actor = { kind: 'operator', name, user_id } as const
  const what = { action: 'join', subject_kind: 'user', subject_id: user_id } as const
  await recordAudit(trx, actor, { tenant_id, ...what, detail: { role } })
}
