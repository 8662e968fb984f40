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
