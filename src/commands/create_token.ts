import type { Db } from '../db/database.ts'
import { hashToken, newToken } from '../tokens.ts'
import { tenantOf } from './known_principal.ts'
import { recordAudit } from './record.ts'

/** Makes a token for a principal and returns it: the only time it can be seen, since only its hash is kept. @throws UnknownPrincipalError */
export async function createToken(
  db: Db,
  principal_id: string,
  options: { created_by: string; expires_at?: Date },
): Promise<string> {
  const token = newToken('sd_')
  await db.transaction().execute(async (trx) => {
    const tenant_id = await tenantOf(trx, principal_id)
    await trx
      .insertInto('principal_tokens')
      .values({
        principal_id,
        token_hash: hashToken(token),
        prefix: token.slice(0, 8),
        expires_at: options.expires_at ?? null,
      })
      .execute()
    const actor = { kind: 'operator', name: options.created_by } as const
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'create_token',
      subject_kind: 'principal',
      subject_id: principal_id,
    })
  })
  return token
}
