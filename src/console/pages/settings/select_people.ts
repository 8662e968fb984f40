import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'

/** Who works for a publisher, the most powerful first. */
export const selectMembers = (db: ReadDb, tenant_id: string, now: Date) =>
  db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.user_id', 'm.user_id')
    .select(['m.user_id', 'm.role', 'm.slack_user_id', 'u.name', 'u.email', 'u.oidc_issuer'])
    .select([
      sql<Date | null>`(select max(last_seen_at) from console_sessions s where s.user_id = m.user_id)`.as(
        'seen_at',
      ),
      sql<number>`(select count(*)::int from console_sessions s where s.user_id = m.user_id and s.expires_at > ${now})`.as(
        'sessions',
      ),
    ])
    .where('m.tenant_id', '=', tenant_id)
    .orderBy('m.role', 'desc')
    .orderBy('u.name')
export type Member = Awaited<ReturnType<ReturnType<typeof selectMembers>['execute']>>[number]

/** Invitations somebody can still accept, one line for each person. */
export const selectInvitations = (db: ReadDb, tenant_id: string, now: Date) =>
  db
    .selectFrom('invitations')
    .select(['email', 'role', 'invited_by', 'expires_at'])
    .distinctOn('email')
    .where('tenant_id', '=', tenant_id)
    .where('email', 'is not', null)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('email')
    .orderBy('created_at', 'desc')
export type Invitation = Awaited<ReturnType<ReturnType<typeof selectInvitations>['execute']>>[number]
