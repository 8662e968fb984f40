import { z } from 'zod'

const MOST_BYTES = 256 * 1024
const MOST_KEYS = 100

/** RFC 8414 and OpenID Connect Discovery: both name the issuer again, and where its keys are. */
const Metadata = z.object({ issuer: z.string(), jwks_uri: z.url({ protocol: /^https?$/ }) })
/** Keys that sign with a shared secret are for nobody else to have. */
const Keys = z.object({ keys: z.array(z.looseObject({ kty: z.string() })).max(MOST_KEYS) })

/** What an issuer says of itself or of its keys cannot be used; the message says why, in words of ours. */
class UnusableIssuerError extends Error {
  override name = 'UnusableIssuerError'
}

/** The public keys an authorization server signs with now, by its metadata. @throws UnusableIssuerError, or what keeps an answer from coming */
export async function fetchIssuerKeys(issuer: string, signal: AbortSignal) {
  const metadata = await readMetadata(issuer, signal)
  // whoever sits between could put in keys of its own
  if (issuer.startsWith('https:') && !metadata.jwks_uri.startsWith('https:'))
    throw new UnusableIssuerError('its keys are not at an https address')
  const keys = Keys.safeParse(await getJson(metadata.jwks_uri, signal))
  if (!keys.success) throw new UnusableIssuerError('what is at its jwks_uri is no set of keys')
  return { keys: keys.data.keys.filter(({ kty }) => kty !== 'oct') }
}

async function readMetadata(issuer: string, signal: AbortSignal): Promise<z.output<typeof Metadata>> {
  for (const address of metadataAddresses(issuer)) {
    const metadata = Metadata.safeParse(await getJson(address, signal))
    // a server that speaks for several issuers must speak for this one (RFC 8414 §3.3)
    if (metadata.success && metadata.data.issuer === issuer) return metadata.data
  }
  throw new UnusableIssuerError('it has no metadata that names it')
}

/** RFC 8414 puts its path between host and issuer, OpenID Connect Discovery behind it. */
function metadataAddresses(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
}

/** Undefined where there is no JSON. The operator named this server, so it may be on an inside address. */
async function getJson(address: string, signal: AbortSignal): Promise<unknown> {
  const response = await fetch(address, {
    redirect: 'error',
    signal,
    headers: { accept: 'application/json' },
  })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > MOST_BYTES) throw new UnusableIssuerError('it answers more than anybody wants to read')
    chunks.push(chunk)
  }
  if (!response.ok) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
