import { z } from 'zod'
import { jsonb, type Db } from '../db/database.ts'
import { tenantOf } from './known_principal.ts'
import { recordAudit } from './record.ts'

/** What was given is no set of public keys, or not for us; the message says why. */
export class UntrustworthyKeyError extends Error {
  override name = 'UntrustworthyKeyError'
}

const coordinate = z.string().regex(/^[A-Za-z0-9_-]{43}$/, '32 bytes in base64url')
const common = {
  kid: z.string().min(1).max(255),
  key_ops: z.array(z.string()).optional(),
  adcp_use: z.string().optional(),
  d: z.undefined({ error: 'a private key; give the public half only' }).optional(),
}
const PublicJwk = z.discriminatedUnion('kty', [
  z.looseObject({ ...common, kty: z.literal('OKP'), crv: z.literal('Ed25519'), x: coordinate }),
  z.looseObject({ ...common, kty: z.literal('EC'), crv: z.literal('P-256'), x: coordinate, y: coordinate }),
])
const JwkSet = z.object({ keys: z.array(PublicJwk).min(1).max(100) })

export interface Trust {
  principal_id: string
  /** A JWK Set (RFC 7517) as the agent publishes it. What each key may be used for is judged when it is used. */
  jwks: unknown
  by: string
  /** How many signatures of one key are remembered at once for one URL; a million unless given. */
  most_nonces?: number
}

/**
 * Lets a buying agent sign its requests with these keys, besides those it has. A key it has already stays as it is, also when it
 * is revoked. Returns the kids added. @throws UntrustworthyKeyError, UnknownPrincipalError
 */
export async function trustKeys(db: Db, { principal_id, jwks, by, most_nonces }: Trust): Promise<string[]> {
  const parsed = JwkSet.safeParse(jwks)
  if (!parsed.success)
    throw new UntrustworthyKeyError(`This is no set of public keys:\n${z.prettifyError(parsed.error)}`)
  return db.transaction().execute(async (trx) => {
    const tenant_id = await tenantOf(trx, principal_id)
    const rows = parsed.data.keys.map((jwk) => ({
      kid: jwk.kid,
      principal_id,
      public_jwk: jsonb(jwk),
      ...(most_nonces !== undefined && { most_nonces }),
    }))
    const added = await trx
      .insertInto('request_signing_keys')
      .values(rows)
      .onConflict((oc) => oc.column('kid').doNothing())
      .returning('kid')
      .execute()
    const kids = rows.map(({ kid }) => kid)
    const theirs = await trx
      .selectFrom('request_signing_keys')
      .select('kid')
      .where('kid', 'in', kids)
      .where('principal_id', '<>', principal_id)
      .execute()
    if (theirs.length > 0)
      throw new UntrustworthyKeyError(
        `Another agent has a key of the same name: ${theirs.map(({ kid }) => kid).join(', ')}. A kid must be used once.`,
      )
    if (added.length > 0)
      await recordAudit(
        trx,
        { kind: 'operator', name: by },
        {
          tenant_id,
          action: 'trust_keys',
          subject_kind: 'principal',
          subject_id: principal_id,
          detail: { kids: added.map(({ kid }) => kid) },
        },
      )
    return added.map(({ kid }) => kid)
  })
}
