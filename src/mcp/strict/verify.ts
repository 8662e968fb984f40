import type { IncomingMessage } from 'node:http'
import type { AdcpJsonWebKey } from '@adcp/sdk/signing/server'
import type { ReadDb } from '../../db/database.ts'
import type { Principal } from '../../tools/define-tool.ts'
import { principalColumns } from '../authenticate.ts'
import type { Desk } from '../call_tool.ts'
import { createReplayStore } from './replay_store.ts'

/** Whether a request is signed and by whom; a refusal is one code of AdCP's request-signing profile and nothing else. */
export type Verified =
  { type: 'signed'; principal: Principal } | { type: 'unsigned' } | { type: 'refused'; code: string }

export interface SignedRequest {
  request: IncomingMessage
  /** As the agent addressed it. */
  url: string
  /** To the byte. */
  body: string
  /** The AdCP operation asked for, if it is one. */
  operation: string | undefined
  requiredFor: string[]
}

/** Content-digest coverage is up to the signer, as AdCP has it unless a seller says otherwise. */
export const COVERS_CONTENT_DIGEST = 'either'

/** Checks a request against the registered keys (AdCP security, "Signed Requests"; RFC 9421). */
export async function verifySigned(
  { db, readDb, clock }: Desk,
  { request, url, body, operation, requiredFor }: SignedRequest,
): Promise<Verified> {
  // half a second and 60 MB: only for desks on which somebody signs
  const { RequestSignatureError, verifyRequestSignature } = await import('@adcp/sdk/signing/server')
  let key: Awaited<ReturnType<typeof selectKey>>
  try {
    const { status } = await verifyRequestSignature(
      { method: request.method ?? '', url, headers: allHeaders(request), body },
      {
        capability: {
          supported: true,
          covers_content_digest: COVERS_CONTENT_DIGEST,
          required_for: requiredFor,
        },
        jwks: {
          async resolve(kid) {
            key = await selectKey(readDb, kid)
            return key ? (key.public_jwk as unknown as AdcpJsonWebKey) : null
          },
        },
        revocationStore: { isRevoked: () => Promise.resolve(key?.revoked_at !== null) },
        replayStore: createReplayStore(db),
        now: () => Math.floor(clock().getTime() / 1000),
        ...(operation !== undefined && { operation }),
      },
    )
    if (status === 'unsigned' || !key) return { type: 'unsigned' }
    const { public_jwk: _jwk, revoked_at: _revoked, ...principal } = key
    return { type: 'signed', principal }
  } catch (error) {
    if (error instanceof RequestSignatureError) return { type: 'refused', code: error.code }
    throw error
  }
}

/** Headers sent twice stay two: Node's own joining hides what must be refused. */
function allHeaders({ headersDistinct }: IncomingMessage): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headersDistinct).map(([name, values = []]) => [
      name,
      values.length === 1 ? (values[0] ?? '') : values,
    ]),
  )
}

function selectKey(db: ReadDb, kid: string) {
  return db
    .selectFrom('request_signing_keys as key')
    .innerJoin('principals as principal', 'principal.principal_id', 'key.principal_id')
    .select(principalColumns)
    .select(['key.public_jwk', 'key.revoked_at'])
    .where('key.kid', '=', kid)
    .where('principal.archived_at', 'is', null)
    .executeTakeFirst()
}
