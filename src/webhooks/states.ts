import type { WebhookEventState } from '../db/schema.ts'

/** Where a webhook may go from each state. A dead one is tried again when a person says so. */
export const webhookEventTransitions: Readonly<Record<WebhookEventState, readonly WebhookEventState[]>> = {
  pending: ['delivered', 'dead'],
  delivered: [],
  dead: ['pending'],
}

const FIRST_PAUSE_MS = 5000
const LONGEST_PAUSE_MS = 3_600_000

/** When to try again after so many attempts: 5, 10, 20 … seconds, an hour at most; later where the receiver asks for it. */
export function nextAttemptAt(attempts: number, retryAfterMs: number, now: Date): Date {
  const backoff = FIRST_PAUSE_MS * 2 ** Math.min(attempts - 1, 20)
  return new Date(now.getTime() + Math.min(Math.max(backoff, retryAfterMs), LONGEST_PAUSE_MS))
}
