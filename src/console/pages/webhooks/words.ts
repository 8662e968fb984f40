import type { WebhookAttemptOutcome, WebhookScheme } from '../../../db/schema.ts'

/** How a buyer knows that a webhook is ours. */
export const proofs: Record<WebhookScheme, string> = {
  rfc9421: 'our signature',
  hmac_sha256: 'shared secret (HMAC)',
  bearer: 'bearer token',
}

/** What became of an attempt. */
export const outcomes: Record<WebhookAttemptOutcome, string> = {
  unknown: 'under way, or never heard of again',
  delivered: 'taken',
  failed: 'not taken',
  refused: 'refused for good',
}

/** What a fault of the connection means, for people; the fault itself where nobody has said. */
export function inWords(result: string): string {
  const meaning = faults[result]
  return meaning === undefined ? result : `${meaning} (${result})`
}

const faults: Partial<Record<string, string>> = {
  ENOTFOUND: 'no such host',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'hung up without an answer',
  UND_ERR_SOCKET: 'hung up without an answer',
  ETIMEDOUT: 'no answer in time',
  TimeoutError: 'no answer in time',
  CERT_HAS_EXPIRED: 'its certificate is out of date',
}
