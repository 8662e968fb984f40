import type { Answer } from './send.ts'

export type Outcome =
  | { type: 'delivered' | 'refused'; http_status: number; result: string }
  | { type: 'failed'; http_status: number | null; result: string; retry_after_ms: number }

/** What an answer means. Only a receiver that does not trust our signature is never asked again (AdCP webhooks, "Retry"). */
export function outcomeOf({ status, challenge, retryAfter }: Answer): Outcome {
  const result = `HTTP ${status}`
  if (status >= 200 && status < 300) return { type: 'delivered', http_status: status, result }
  const [, code] = /\bSignature\b[^,]*\berror="?(webhook_[a-z0-9_]{1,60})/i.exec(challenge) ?? []
  if (status === 401 && code !== undefined)
    return { type: 'refused', http_status: status, result: `${result}, signature refused: ${code}` }
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0
  return { type: 'failed', http_status: status, result, retry_after_ms: seconds * 1000 }
}

/** What it means that no answer came. Says the kind of fault and never the URL, which may hold a secret. */
export function outcomeOfError(error: unknown): Outcome {
  const result = faultOf(error as NodeJS.ErrnoException)
  return { type: 'failed', http_status: null, result, retry_after_ms: 0 }
}

function faultOf({ name, message, code }: NodeJS.ErrnoException): string {
  if (name === 'AbortError') return 'no answer in time'
  if (name === 'ForbiddenDestinationError') return `not sent: ${message}`
  if (name === 'SealError') return 'not sent: the key it was sealed with is missing here'
  return code ?? name
}
