import type { Configuration, IDToken, UserInfoResponse } from 'openid-client'
import { z } from 'zod'

/** Whom one may sign in with besides a password, as the environment names it. */
export interface OidcSettings {
  issuer: string
  clientId: string
  clientSecret: string | undefined
  /** What people know it by: `Northwind accounts`. */
  name: string
}
/** What a browser keeps while its owner is away to sign in, so that only what that browser began is finished in it. */
export const Begun = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  /** Where to afterwards. */
  to: z.string(),
  /** The invitation that is to be accepted, if the browser came with one. */
  invitation: z.string().optional(),
})
export type Begun = z.output<typeof Begun>
/** Who somebody is, as the provider says it. */
export interface Identity {
  issuer: string
  subject: string
  /** Only where the provider has verified it. */
  email: string | undefined
  name: string | undefined
}
/** What the provider may be asked for; how long one waits for it. */
const SCOPE = 'openid email profile'
const PATIENCE_SECONDS = 8

/** It cannot be said who somebody is: the provider is away, does not know them, or answers something it must not. */
export class OidcFault extends Error {
  override name = 'OidcFault'
  readonly kind: 'away' | 'declined' | 'odd'
  constructor(kind: OidcFault['kind'], cause: unknown) {
    super(`The identity provider: ${kind}`, { cause })
    this.kind = kind
  }
}

export type Oidc = ReturnType<typeof createOidc>

/** Signing in with OpenID Connect (authorization code with PKCE). The provider is looked up at the first sign-in. */
export function createOidc(settings: OidcSettings) {
  let looked: Promise<Configuration> | undefined
  /** Looked up once; where that failed, anew the next time. */
  async function provider() {
    looked ??= discover(settings)
    return looked.catch((cause: unknown) => {
      looked = undefined
      throw new OidcFault('away', cause)
    })
  }
  return {
    name: settings.name,

    /** Where a browser goes to sign in, and what it keeps meanwhile. @throws OidcFault */
    async begin(redirect_uri: string, { to, invitation }: Pick<Begun, 'to' | 'invitation'>) {
      const client = await import('openid-client')
      const config = await provider()
      const [state, nonce] = [client.randomState(), client.randomNonce()]
      const verifier = client.randomPKCECodeVerifier()
      const url = client.buildAuthorizationUrl(config, {
        ...{ redirect_uri, scope: SCOPE, state, nonce },
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      })
      const begun: Begun = { state, nonce, verifier, to, ...(invitation !== undefined && { invitation }) }
      return { url, begun }
    },

    /** Who came back, from the address the provider sent them to. @throws OidcFault */
    async finish(address: URL, { state, nonce, verifier }: Begun): Promise<Identity> {
      const client = await import('openid-client')
      const config = await provider()
      try {
        const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier }
        const tokens = await client.authorizationCodeGrant(config, address, {
          ...checks,
          idTokenExpected: true,
        })
        const claims = tokens.claims() as IDToken
        if (claims['email'] !== undefined || !config.serverMetadata().userinfo_endpoint)
          return identityOf(claims.iss, claims)
        return identityOf(claims.iss, await client.fetchUserInfo(config, tokens.access_token, claims.sub))
      } catch (cause) {
        if (cause instanceof client.AuthorizationResponseError) throw new OidcFault('declined', cause)
        throw new OidcFault(isAway(cause) ? 'away' : 'odd', cause)
      }
    },
  }
}

async function discover({ issuer, clientId, clientSecret }: OidcSettings): Promise<Configuration> {
  const client = await import('openid-client')
  const url = new URL(issuer)
  return client.discovery(
    url,
    clientId,
    undefined,
    clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret),
    {
      timeout: PATIENCE_SECONDS,
      // config.ts takes http only for this very machine
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- which says only that it is for development
      ...(url.protocol === 'http:' && { execute: [client.allowInsecureRequests] }),
    },
  )
}

function identityOf(issuer: string, claims: IDToken | UserInfoResponse): Identity {
  const text = (name: string) => (typeof claims[name] === 'string' ? claims[name] : undefined)
  const verified = claims['email_verified'] === true || claims['email_verified'] === 'true'
  return {
    issuer,
    subject: claims.sub,
    email: verified ? text('email')?.trim().toLowerCase() : undefined,
    name: text('name')?.trim().slice(0, 100),
  }
}

/** Nothing came back, or nothing but that it cannot answer now. */
function isAway(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const { code, status, cause: deeper } = cause as { code?: unknown; status?: number; cause?: unknown }
  if (code === 'OAUTH_TIMEOUT' || cause.name === 'TimeoutError' || cause.message === 'fetch failed')
    return true
  const answered = deeper instanceof Response ? deeper.status : status
  return (answered !== undefined && answered >= 500) || (deeper !== undefined && isAway(deeper))
}
