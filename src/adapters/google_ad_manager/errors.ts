import { AdapterError, FORBIDDEN_DESTINATION, forbiddenAddress, type AdapterErrorClass } from '../adapter.ts'

/** What was asked of Google: enough to say so in an error. */
export interface Request {
  service: string
  operation: string
}
/** One entry of an ApiException. */
export interface ApiError {
  type: string
  reason: string
  field_path: string
  trigger: string
}

/** True of operations that change something there; after one of those "no answer" may mean "done". */
function isWrite({ operation }: Request): boolean {
  return /^(create|update|perform)/.test(operation)
}

/** An error for a call that got no answer it could use. A write was then perhaps carried out. */
export function noAnswer(request: Request, code: string, why: string): AdapterError {
  const { service, operation } = request
  return new AdapterError(
    isWrite(request) ? 'ambiguous' : 'transient',
    code,
    `${service}.${operation}: ${why}`,
  )
}

const NOT_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/** What fetch threw, in our words: its own messages may quote a header. */
export function networkError(request: Request, error: unknown): AdapterError {
  const { cause } = error as { cause?: { code?: unknown } }
  const code = typeof cause?.code === 'string' ? cause.code : 'unknown'
  if (code === FORBIDDEN_DESTINATION)
    return new AdapterError(
      'config',
      'forbidden_address',
      `Google Ad Manager is not asked: ${forbiddenAddress}`,
    )
  if (!NOT_SENT.has(code)) return noAnswer(request, 'connection_broke', `the connection broke (${code})`)
  const { service, operation } = request
  const message = `${service}.${operation}: Google Ad Manager cannot be reached (${code})`
  return new AdapterError('transient', 'unreachable', message)
}

/** An answer that is no SOAP at all, such as the HTML page of a proxy. */
export function statusError(request: Request, status: number): AdapterError {
  const { service, operation } = request
  const message = `${service}.${operation}: Google answered ${status} without saying why`
  if (status === 429) return new AdapterError('rate_limited', 'http_429', message, { retry_after_ms: 30_000 })
  if (status === 401 || status === 403) return new AdapterError('config', `http_${status}`, message)
  if (status === 404 || (status >= 300 && status < 400))
    return new AdapterError(
      'config',
      `http_${status}`,
      `${message}. The API version or the address in the settings may be wrong`,
    )
  return noAnswer(request, `http_${status}`, `Google answered ${status} with something that is no SOAP`)
}

/** The fault of a SOAP answer as one error: of several the worst counts. Should it quote the token, that is taken out. */
export function faultError(request: Request, fault: unknown, token: string): AdapterError {
  const errors = apiErrors(fault)
  const { service, operation } = request
  if (errors.length === 0) {
    const text = spokenText(fault).replaceAll(token, '[secret]').slice(0, 300)
    // without a list of errors it is the request that could not be read: ours to put right in the code
    return new AdapterError(
      'permanent',
      'not_understood',
      `${service}.${operation}: Google did not understand us: ${text}`,
    )
  }
  const judged = errors.map((error) => ({ error, class: classOf(error, isWrite(request)) }))
  const worst = worstFirst.find((one) => judged.some((entry) => entry.class === one)) ?? 'permanent'
  const main = judged.find((entry) => entry.class === worst)?.error ?? errors[0]
  const code = main ? `${main.type}.${main.reason}` : 'unknown'
  const said = errors.map(spell).join('; ').replaceAll(token, '[secret]').slice(0, 600)
  return new AdapterError(worst, code, `${service}.${operation}: ${said}`, pauseAfter(worst, code))
}

const worstFirst: readonly AdapterErrorClass[] = [
  'permanent',
  'config',
  'needs_human',
  'ambiguous',
  'rate_limited',
  'transient',
]

function spell({ type, reason, field_path, trigger }: ApiError): string {
  return `${type}.${reason}${field_path ? ` @ ${field_path}` : ''}${trigger ? `; trigger: '${trigger.slice(0, 100)}'` : ''}`
}

function pauseAfter(errorClass: AdapterErrorClass, code: string): { retry_after_ms?: number } {
  if (errorClass !== 'rate_limited') return {}
  return { retry_after_ms: code === 'QuotaError.REPORT_JOB_LIMIT' ? 600_000 : 5000 }
}

/** What every error of Google's means to the worker. Those not named here are refusals of what we asked. */
function classOf({ type, reason }: ApiError, write: boolean): AdapterErrorClass {
  const name = `${type}.${reason}`
  const perhapsDone = write ? 'ambiguous' : 'transient'
  switch (type) {
    case 'QuotaError':
      return 'rate_limited'
    case 'ServerError':
      return reason === 'SERVER_BUSY' ? 'transient' : perhapsDone
    case 'InternalApiError':
      return ['TRANSIENT_ERROR', 'DOWNTIME'].includes(reason) ? 'transient' : perhapsDone
    case 'ForecastError':
      if (reason === 'EXCEEDED_QUOTA') return 'rate_limited'
      return reason === 'NOT_ENOUGH_INVENTORY' ? 'needs_human' : 'transient'
    case 'AuthenticationError':
      return reason === 'CONNECTION_ERROR' ? 'transient' : 'config'
    case 'ApiVersionError':
      return 'config'
    case 'UniqueError':
      return 'ambiguous'
    case 'OrderActionError':
    case 'PermissionError':
    case 'FeatureError':
    case 'TeamError':
    case 'EntityLimitReachedError':
      return 'needs_human'
    default:
      if (name === 'CommonError.CONCURRENT_MODIFICATION') return 'transient'
      if (name === 'CommonError.ALREADY_EXISTS') return 'ambiguous'
      return name === 'LineItemOperationError.HAS_NO_ACTIVE_CREATIVES' ? 'needs_human' : 'permanent'
  }
}

function apiErrors(fault: unknown): ApiError[] {
  const detail = (fault as { detail?: { ApiExceptionFault?: { errors?: unknown } } } | null)?.detail
  // one entry comes as an object, several as a list
  const entries = [detail?.ApiExceptionFault?.errors ?? []].flat() as Record<string, unknown>[]
  return entries.map((entry) => {
    const attributes = entry['attributes'] as Record<string, string> | undefined
    const spelt = text(entry['errorString'])
    const reason = text(entry['reason']) || (spelt.split('.').at(-1) ?? '')
    const type = (attributes?.['xsi:type'] ?? spelt.split('.')[0] ?? '').replace(/^.*:/, '')
    return { type, reason, field_path: text(entry['fieldPath']), trigger: text(entry['trigger']) }
  })
}

function spokenText(fault: unknown): string {
  return text((fault as { faultstring?: unknown } | null)?.faultstring) || 'no reason given'
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
