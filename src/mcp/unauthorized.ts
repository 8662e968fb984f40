import type { Refusal } from './http_answer.ts'
import { challengeOf, type ResourceServer } from './oauth/resource_server.ts'

/** Nobody we know: says how to become known, where else tokens come from, and that a token given will never do. */
export function unauthorized(tokenGiven: boolean, oauth?: ResourceServer): Refusal {
  const problem = tokenGiven
    ? ({
        code: 'AUTH_REQUIRED',
        message: 'This token is not valid here.',
        suggestion: 'Ask the publisher for a new one; do not retry with this one.',
      } as const)
    : ({
        code: 'AUTH_REQUIRED',
        message: 'A token is needed.',
        suggestion: 'Send "Authorization: Bearer <token>"; the publisher gives you one.',
      } as const)
  const challenge = [
    'realm="salesdesk"',
    ...(tokenGiven ? ['error="invalid_token"'] : []),
    ...(oauth ? [challengeOf(oauth)] : []),
  ]
  const headers = { 'www-authenticate': `Bearer ${challenge.join(', ')}` }
  return { status: 401, rpc: 'auth', problem, headers }
}

/** A signature that is missing or not accepted. Why is said by its code alone (AdCP security, "Signed Requests"). */
export function signatureRefused(code: string): Refusal {
  const problem = {
    code: 'AUTH_REQUIRED',
    message: 'The signature of this request is not accepted.',
  } as const
  const challenge = `Signature error="${code}"`
  return { status: 401, rpc: 'auth', problem, headers: { 'www-authenticate': challenge } }
}
