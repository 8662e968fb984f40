import { createHmac } from 'node:crypto'
import { signWebhook, type SignerKey } from '@adcp/sdk/signing/client'
import type { Sending } from './send.ts'

/** How a buyer knows that a webhook is ours. */
export type Proof =
  | { scheme: 'rfc9421'; kid: string; privateJwk: Record<string, unknown> }
  | { scheme: 'hmac_sha256' | 'bearer'; credentials: string }

/** The request with its proof, made anew for each attempt: signatures expire within five minutes. */
export function authenticated(url: string, body: string, proof: Proof, now: Date): Sending {
  const headers = { 'content-type': 'application/json', 'user-agent': 'salesdesk' }
  const seconds = Math.floor(now.getTime() / 1000)
  switch (proof.scheme) {
    case 'rfc9421': {
      const privateKey = { kty: 'OKP', ...proof.privateJwk, kid: proof.kid }
      const key: SignerKey = { keyid: proof.kid, alg: 'ed25519', privateKey }
      const signed = signWebhook({ method: 'POST', url, headers, body }, key, { now: () => seconds })
      return { url, body, headers: signed.headers }
    }
    case 'hmac_sha256': {
      const mac = createHmac('sha256', proof.credentials).update(`${seconds}.${body}`).digest('hex')
      const proven = { 'x-adcp-signature': `sha256=${mac}`, 'x-adcp-timestamp': String(seconds) }
      return { url, body, headers: { ...headers, ...proven } }
    }
    case 'bearer':
      return { url, body, headers: { ...headers, authorization: `Bearer ${proof.credentials}` } }
  }
}
