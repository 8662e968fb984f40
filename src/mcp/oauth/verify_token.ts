import { JOSEError, JWKSNoMatchingKey } from 'jose/errors'
import { createLocalJWKSet } from 'jose/jwks/local'
import { jwtVerify } from 'jose/jwt/verify'
import type { JSONWebKeySet, JWTPayload } from 'jose'
import { audiencesOf, type ResourceServer } from './resource_server.ts'

/** Public keys only, and none that a shared secret could stand for (RFC 8725 §3.1). */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
/** How far the clocks of the two machines may differ. */
const LEEWAY_SECONDS = 30

export type VerifiedToken =
  | { type: 'valid'; subject: string }
  /** Signed with a key that is not among these. */
  | { type: 'unknown_key' }
  | { type: 'scope_missing' }
  | { type: 'invalid' }

/** Whether a string is written as a signed token (RFC 7515): API keys of the desk never are. */
export const isJwt = (token: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token)

/** Judges an access token (RFC 9068) by these keys alone; nobody is asked. Why one is invalid is not told. */
export async function verifyToken(
  token: string,
  { server, jwks, now }: { server: ResourceServer; jwks: JSONWebKeySet; now: Date },
): Promise<VerifiedToken> {
  try {
    const { payload } = await jwtVerify(token, createLocalJWKSet(jwks), {
      issuer: server.issuer,
      audience: audiencesOf(server),
      algorithms: ALGORITHMS,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'iat', 'sub'],
      clockTolerance: LEEWAY_SECONDS,
      currentDate: now,
    })
    if (typeof payload.sub !== 'string' || payload.sub === '') return { type: 'invalid' }
    return hasScope(payload, server.scope)
      ? { type: 'valid', subject: payload.sub }
      : { type: 'scope_missing' }
  } catch (error) {
    if (error instanceof JWKSNoMatchingKey) return { type: 'unknown_key' }
    // what jose cannot read at all, a key that is none for instance, is a TypeError
    if (error instanceof JOSEError || error instanceof TypeError) return { type: 'invalid' }
    throw error
  }
}

function hasScope({ scope }: JWTPayload, wanted: string | undefined): boolean {
  return wanted === undefined || (typeof scope === 'string' && scope.split(' ').includes(wanted))
}
