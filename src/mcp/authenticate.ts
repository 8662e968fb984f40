import { compiled } from '../db/compiled.ts'
import type { Db, ReadDb } from '../db/database.ts'
import { hashToken } from '../tokens.ts'
import type { Principal } from '../tools/define-tool.ts'
import type { Desk } from './call_tool.ts'

/** How exact "last used" is: it is written no more often than this. */
const USED_MINUTES = 5

/** What makes a Principal, from `principals as principal`. */
export const principalColumns = [
  'principal.principal_id',
  'principal.tenant_id',
  'principal.name',
  'principal.sandbox',
  'principal.allowed_product_ids',
  'principal.max_calls_per_minute',
] as const

/** The principal a token belongs to, or undefined for a token that is unknown, expired or revoked: no difference is told. */
export async function authenticate(db: ReadDb, token: string, now: Date): Promise<Principal | undefined> {
  const [found] = await findPrincipal(db, { hash: hashToken(token), now })
  if (!found) return undefined
  const { last_used_at: _used, ...principal } = found
  return principal
}

/** The same, and notes now and then that the token is used; nobody waits for the note, and a call succeeds without it. */
export async function authenticateUse(desk: Desk, token: string): Promise<Principal | undefined> {
  const [hash, now] = [hashToken(token), desk.clock()]
  const [found] = await findPrincipal(desk.readDb, { hash, now })
  if (!found) return undefined
  const { last_used_at, ...principal } = found
  const known = new Date(now.getTime() - USED_MINUTES * 60_000)
  if (last_used_at === null || last_used_at < known)
    void noteUse(desk.db, hash, { now, known }).catch((error: unknown) =>
      desk.log.warn({ reason: String(error) }, 'that a token was used is not noted'),
    )
  return principal
}

const findPrincipal = compiled((db, { hash, now }: { hash: Buffer; now: Date }) =>
  db
    .selectFrom('principal_tokens as token')
    .innerJoin('principals as principal', 'principal.principal_id', 'token.principal_id')
    .select(principalColumns)
    .select('last_used_at')
    .where('token_hash', '=', hash)
    .where('revoked_at', 'is', null)
    .where('archived_at', 'is', null)
    .where((eb) => eb.or([eb('expires_at', 'is', null), eb('expires_at', '>', now)])),
)

async function noteUse(db: Db, hash: Buffer, { now, known }: { now: Date; known: Date }) {
  await db
    .updateTable('principal_tokens')
    .set({ last_used_at: now })
    .where('token_hash', '=', hash)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', known)]))
    .execute()
}
