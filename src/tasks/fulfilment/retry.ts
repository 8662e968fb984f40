import type { AdapterError } from '../../adapters/adapter.ts'
import type { Step } from './read.ts'

/** After this long of trying in vain a person is asked. */
const PATIENCE_MS = 24 * 3_600_000
const LONGEST_PAUSE_MS = 5 * 60_000

/**
 * When to try a step again: as the ad server said, else after 2, 4, 8 … seconds, five minutes at most. Looking for an order in
 * vain is no try, so there the pauses grow with the time since it was sent.
 */
export function retryAt(step: Step, error: AdapterError, lagSeconds: number, now: Date): Date {
  const since = step.state === 'intent' ? now.getTime() - (step.intent_at?.getTime() ?? 0) : 0
  const backoff = Math.min(Math.max(1000 * 2 ** Math.min(step.attempts + 1, 20), since), LONGEST_PAUSE_MS)
  const lag = error.class === 'ambiguous' ? lagSeconds * 1000 : 0
  return new Date(now.getTime() + Math.max(error.retry_after_ms ?? backoff, lag))
}

/** True once a step has been tried for too long. */
export function isOutOfPatience(step: Step, now: Date, patienceMs = PATIENCE_MS): boolean {
  return step.first_tried_at !== null && now.getTime() - step.first_tried_at.getTime() > patienceMs
}
