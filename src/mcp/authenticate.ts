import type { ReadDb } from '../db/database.ts'
import { hashToken } from '../tokens.ts'
import type { Principal } from '../tools/define-tool.ts'

/** The principal a token belongs to, or undefined for a token that is unknown, expired or revoked: no difference is told. */
export async function authenticate(db: ReadDb, token: string, now: Date): Promise<Principal | undefined> {
  return selectPrincipal(db, hashToken(token), now).executeTakeFirst()
}

function selectPrincipal(db: ReadDb, hash: Buffer, now: Date) {
  return db
    .selectFrom('principal_tokens as token')
    .innerJoin('principals as principal', 'principal.principal_id', 'token.principal_id')
    .select(['principal.principal_id', 'tenant_id', 'name', 'sandbox', 'allowed_product_ids'])
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('archived_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)]))
}
