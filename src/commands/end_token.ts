import type { Db, Trx } from '../db/database.ts'
import { insertToken } from './create_token.ts'
import { recordAudit, type Actor } from './record.ts'

/** One token of one buyer, by what people call it. */
export interface TokenRef {
  tenant_id: string
  principal_id: string
  token_id: string
}

/** From now on the token opens nothing. False if there is no such token, or it was over before. */
export async function revokeToken(
  db: Db,
  { tenant_id, principal_id, token_id, by, now }: TokenRef & { by: Actor; now: Date },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    if (!(await lockLive(trx, { tenant_id, principal_id, token_id }, now))) return false
    await trx
      .updateTable('principal_tokens')
      .set({ revoked_at: now })
      .where('token_id', '=', token_id)
      .execute()
    await recordAudit(trx, by, {
      tenant_id,
      action: 'revoke_token',
      subject_kind: 'principal',
      subject_id: principal_id,
      detail: { token_id },
    })
    return true
  })
}

export interface Rotation extends TokenRef {
  by: Actor
  now: Date
  /** How long the one before still works, so that the buyer can change over. */
  overlap_hours: number
}

/** Makes a token in place of another, which ends after the overlap, or earlier if it would anyway. Undefined if that one is over. */
export async function rotateToken(db: Db, rotation: Rotation): Promise<string | undefined> {
  const { tenant_id, principal_id, token_id, by, now, overlap_hours } = rotation
  return db.transaction().execute(async (trx) => {
    const before = await lockLive(trx, rotation, now)
    if (!before) return undefined
    const made = await insertToken(trx, principal_id, { by, label: before.label })
    const end = new Date(now.getTime() + overlap_hours * 3_600_000)
    const expires_at = before.expires_at && before.expires_at < end ? before.expires_at : end
    await trx.updateTable('principal_tokens').set({ expires_at }).where('token_id', '=', token_id).execute()
    await recordAudit(trx, by, {
      tenant_id,
      action: 'rotate_token',
      subject_kind: 'principal',
      subject_id: principal_id,
      detail: { token_id: made.token_id, instead_of: token_id, until: expires_at },
    })
    return made.token
  })
}

function lockLive(trx: Trx, { tenant_id, principal_id, token_id }: TokenRef, now: Date) {
  return trx
    .selectFrom('principal_tokens as t')
    .innerJoin('principals as p', 'p.principal_id', 't.principal_id')
    .select(['t.label', 't.expires_at'])
    .where('p.tenant_id', '=', tenant_id)
    .where('p.principal_id', '=', principal_id)
    .where('p.archived_at', 'is', null)
    .where('t.token_id', '=', token_id)
    .where('t.revoked_at', 'is', null)
    .where((eb) => eb.or([eb('t.expires_at', 'is', null), eb('t.expires_at', '>', now)]))
    .forUpdate('t')
    .executeTakeFirst()
}
