import { AdcpError } from '../../adcp/error.ts'
import { quoted } from '../../adcp/quoted.ts'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../../tools/define-tool.ts'
import { principalColumns } from '../authenticate.ts'
import type { Desk } from '../call_tool.ts'
import type { Refusal } from '../http_answer.ts'
import { unauthorized } from '../unauthorized.ts'
import { askForKeys, selectIssuerKeys } from './issuer_keys.ts'
import { forbidden, type ResourceServer } from './resource_server.ts'
import { verifyToken } from './verify_token.ts'

/** The buyer whose access token this is, or why nobody is. Asks PostgreSQL alone. @throws AdcpError while keys are being read */
export async function tokenCaller(
  { db, readDb, clock }: Desk,
  token: string,
  server: ResourceServer,
): Promise<Principal | Refusal> {
  const now = clock()
  const keys = await selectIssuerKeys(readDb, server.issuer)
  const verified = await verifyToken(token, { server, jwks: keys.jwks, now })
  switch (verified.type) {
    case 'valid':
      return (await selectPrincipal(readDb, server.issuer, verified.subject)) ?? unmapped(verified.subject)
    case 'unknown_key':
      if (await askForKeys(db, server.issuer, keys, now)) throw keysToCome
      return unauthorized(true, server)
    case 'invalid':
      return unauthorized(true, server)
    case 'scope_missing':
      return forbidden(server, {
        code: 'PERMISSION_DENIED',
        message: `This access token was not granted the scope ${server.scope}.`,
        suggestion: 'Ask the authorization server for a token with that scope.',
      })
  }
}

async function selectPrincipal(db: ReadDb, issuer: string, subject: string): Promise<Principal | undefined> {
  // PostgreSQL keeps no such text, so nobody was let in under it
  if (subject.includes('\0') || /\p{Surrogate}/u.test(subject)) return undefined
  return db
    .selectFrom('principal_oauth_subjects as mapped')
    .innerJoin('principals as principal', 'principal.principal_id', 'mapped.principal_id')
    .select(principalColumns)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
}

/** Its own subject is no secret to whoever holds the token. */
function unmapped(subject: string): Refusal {
  const problem = {
    code: 'PERMISSION_DENIED',
    message: 'This access token is valid, but who it was given to is no buyer here.',
    suggestion: `Ask the publisher to let in the subject ${quoted(subject, 255)}.`,
  } as const
  return { status: 403, rpc: 'refused', problem }
}

const keysToCome = new AdcpError({
  code: 'SERVICE_UNAVAILABLE',
  message:
    'The key this access token is signed with is not known yet; the keys of its issuer are being read.',
  suggestion: 'Send it again in a few seconds.',
  retry_after: 3,
})
