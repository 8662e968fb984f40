import type { Db, Trx } from '../db/database.ts'
import { hashToken, newToken } from '../tokens.ts'
import { tenantOf } from './known_principal.ts'
import { recordAudit, type Actor } from './record.ts'

export interface TokenOptions {
  by: Actor
  /** What people tell it from others by. */
  label?: string
  expires_at?: Date | undefined
}

/** Makes a token for a principal and returns it: the only time it can be seen, since only its hash is kept. @throws UnknownPrincipalError */
export async function createToken(db: Db, principal_id: string, options: TokenOptions): Promise<string> {
  return db.transaction().execute(async (trx) => {
    const tenant_id = await tenantOf(trx, principal_id)
    const { token, token_id } = await insertToken(trx, principal_id, options)
    await recordAudit(trx, options.by, {
      tenant_id,
      action: 'create_token',
      subject_kind: 'principal',
      subject_id: principal_id,
      detail: { token_id },
    })
    return token
  })
}

/** The row of a new token; the token itself is not in the database. */
export async function insertToken(
  trx: Trx,
  principal_id: string,
  { by, label = '', expires_at }: TokenOptions,
): Promise<{ token: string; token_id: string }> {
  const token = newToken('sd_')
  const { token_id } = await trx
    .insertInto('principal_tokens')
    .values({
      principal_id,
      token_hash: hashToken(token),
      prefix: token.slice(0, 8),
      label,
      created_by: by.name,
      expires_at: expires_at ?? null,
    })
    .returning('token_id')
    .executeTakeFirstOrThrow()
  return { token, token_id }
}
