import { createHash, sign } from 'node:crypto'
import { AdapterError, FORBIDDEN_DESTINATION, forbiddenAddress, type Fetch } from '../adapter.ts'
import { withSignal } from '../../abort.ts'
import type { ServiceAccount } from './config.ts'

const SCOPE = 'https://www.googleapis.com/auth/dfp'
const LIFETIME_SECONDS = 3600
/** A token this close to its end is not used for another call. */
const MARGIN_MS = 5 * 60_000
const TIMEOUT_MS = 20_000

interface Held {
  token: Promise<string>
  good_until: number
}
const held = new Map<string, Held>()

/** An access token of the account, the same for everybody until shortly before it ends. @throws AdapterError */
export function accessToken(account: ServiceAccount, fetch: Fetch): Promise<string> {
  const key = keyOf(account)
  const known = held.get(key)
  if (known && known.good_until > Date.now()) return known.token
  const token = fetchToken(account, fetch)
  held.set(key, { token, good_until: Date.now() + LIFETIME_SECONDS * 1000 - MARGIN_MS })
  token.catch(() => forgetToken(account))
  return token
}

/** Google no longer takes it: the next call asks for a new one. */
export function forgetToken(account: ServiceAccount): void {
  held.delete(keyOf(account))
}

function keyOf({ client_email, private_key, token_uri }: ServiceAccount): string {
  return createHash('sha256')
    .update(JSON.stringify([client_email, private_key, token_uri]))
    .digest('hex')
}

async function fetchToken(account: ServiceAccount, fetch: Fetch): Promise<string> {
  const assertion = signedClaim(account)
  const body = new URLSearchParams({ grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion })
  const { status, answer } = await withSignal([], TIMEOUT_MS, async (signal) => {
    try {
      const response = await fetch(account.token_uri, { method: 'POST', body, redirect: 'manual', signal })
      return {
        status: response.status,
        answer: (await response.json().catch(() => ({}))) as Record<string, unknown>,
      }
    } catch (error) {
      if (isForbidden(error))
        throw new AdapterError(
          'config',
          'forbidden_address',
          `No access token is asked for: the secret names a token_uri, and ${forbiddenAddress}`,
        )
      throw new AdapterError(
        'transient',
        'token_unreachable',
        'Google could not be reached for an access token',
      )
    }
  })
  if (status === 200 && typeof answer['access_token'] === 'string') return answer['access_token']
  throw refusal(status, answer['error'])
}

const isForbidden = (error: unknown) =>
  (error as { cause?: { code?: unknown } }).cause?.code === FORBIDDEN_DESTINATION

function refusal(status: number, error: unknown): AdapterError {
  if (status === 429 || status >= 500)
    return new AdapterError('transient', 'token_unavailable', `Google gave no access token (${status})`)
  const why = typeof error === 'string' && /^[a-z_]{1,60}$/.test(error) ? error : String(status)
  return new AdapterError(
    'config',
    'token_refused',
    `Google gives this service account no access token (${why}). Check the key in the secret, and the clock of this machine.`,
  )
}

/** The signed claim a service account shows for a token (RFC 7523). */
function signedClaim({ client_email, private_key, private_key_id, token_uri }: ServiceAccount): string {
  const iat = Math.floor(Date.now() / 1000)
  const claim = { iss: client_email, scope: SCOPE, aud: token_uri, iat, exp: iat + LIFETIME_SECONDS }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT', kid: private_key_id })}.${encode(claim)}`
  return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), private_key).toString('base64url')}`
}
