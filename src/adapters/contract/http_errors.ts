import { AdapterError } from './call.ts'
import { FORBIDDEN_DESTINATION, forbiddenAddress } from './fetch.ts'

/** What was asked, as far as it is said to people and decides what a failure means. */
export interface Asked {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Nothing secret is in it. */
  path: string
  /** It changes nothing although it is no GET. */
  reads?: boolean
}
/** Why an ad server says it refused. */
export interface Problem {
  code: string
  message: string
}

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

const NOT_FOUND = 'not_found'
/** What was read, or undefined where the ad server says that it is not there. */
export async function unlessGone<T>(reading: Promise<T>): Promise<T | undefined> {
  return reading.catch((error: unknown) => {
    if (error instanceof AdapterError && error.code === NOT_FOUND) return undefined
    throw error
  })
}

/** An error for a call that got no answer it could use. A write was then perhaps carried out. */
export function noAnswer(request: Asked, code: string, why: string): AdapterError {
  const { method, path, reads = method === 'GET' } = request
  return new AdapterError(reads ? 'transient' : 'ambiguous', code, `${method} ${path}: ${why}`)
}

/** What fetch threw, in our words: its own messages may quote an address or a header. */
export function networkError(request: Asked, error: unknown): AdapterError {
  const { name, cause } = error as { name?: string; cause?: { code?: unknown } }
  if (name === 'TimeoutError' || name === 'AbortError')
    return noAnswer(request, 'no_answer', 'no answer in time')
  const code = typeof cause?.code === 'string' ? cause.code : 'unknown'
  if (code === FORBIDDEN_DESTINATION)
    return new AdapterError('config', 'forbidden_address', `The ad server is not asked: ${forbiddenAddress}`)
  if (!NOT_SENT.has(code)) return noAnswer(request, 'connection_broke', `the connection broke (${code})`)
  const message = `${request.method} ${request.path}: the ad server cannot be reached (${code})`
  return new AdapterError('transient', 'unreachable', message)
}

/** An answer that is not a 2xx. `problem` is what the ad server said, already free of secrets. */
export function statusError(
  request: Asked,
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  problem: Problem,
): AdapterError {
  const said = `the ad server answered ${status} (${problem.code}: ${problem.message})`
  if (status >= 500 || status === 408) return noAnswer(request, problem.code, said)
  const message = `${request.method} ${request.path}: ${said}`
  if (status === 429) {
    const retry_after_ms = retryAfter(headers.get('retry-after'))
    return new AdapterError('rate_limited', problem.code, message, { retry_after_ms })
  }
  if (status === 404) return new AdapterError('permanent', NOT_FOUND, message)
  const ours = status === 401 || status === 403 || status < 400
  return new AdapterError(ours ? 'config' : 'permanent', problem.code, message)
}

function retryAfter(header: string | null): number {
  const seconds = Number(header ?? NaN)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header ?? '') - Date.now()
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 1000), 3_600_000) : 30_000
}
