import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'

export interface Session {
  token_hash: Buffer
  user_id: string
  now: Date
  expires_at: Date
}

/** Somebody signed in: the session, and a line in the audit log of each publisher they work for. */
export async function beginSession(db: Db, { token_hash, user_id, now, expires_at }: Session): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('console_sessions')
      .values({ token_hash, user_id, created_at: now, last_seen_at: now, expires_at })
      .execute()
    await audit(trx, 'sign_in', user_id)
  })
}

/** They signed out; does nothing where the session is over already. */
export async function endSession(db: Db, token_hash: Buffer): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const ended = await trx
      .deleteFrom('console_sessions')
      .where('token_hash', '=', token_hash)
      .returning('user_id')
      .executeTakeFirst()
    if (ended) await audit(trx, 'sign_out', ended.user_id)
  })
}

async function audit(trx: Trx, action: 'sign_in' | 'sign_out', user_id: string) {
  await sql`insert into audit_log (tenant_id, action, subject_kind, subject_id, actor_kind, actor, user_id, detail)
    select m.tenant_id, ${action}, 'user', u.user_id, 'operator', u.name, u.user_id, '{}'
    from users u join memberships m using (user_id) where u.user_id = ${user_id}`.execute(trx)
}
