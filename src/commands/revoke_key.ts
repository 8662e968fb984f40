import type { Db } from '../db/database.ts'
import { recordAudit } from './record.ts'

/** From now on no request signed with this key is accepted. It stays known, so that nobody can bring it again. False if there is none. */
export async function revokeKey(db: Db, kid: string, by: string, now: Date): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const key = await trx
      .updateTable('request_signing_keys as key')
      .from('principals as principal')
      .set({ revoked_at: now })
      .where('key.kid', '=', kid)
      .where('key.revoked_at', 'is', null)
      .whereRef('principal.principal_id', '=', 'key.principal_id')
      .returning(['principal.principal_id', 'principal.tenant_id'])
      .executeTakeFirst()
    if (!key) return false
    await recordAudit(
      trx,
      { kind: 'operator', name: by },
      {
        tenant_id: key.tenant_id,
        action: 'revoke_key',
        subject_kind: 'principal',
        subject_id: key.principal_id,
        detail: { kid },
      },
    )
    return true
  })
}
