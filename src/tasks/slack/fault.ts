import { ForbiddenDestinationError } from '../../outbound/destination.ts'

/**
 * Why Slack did not take something. `later`: it may by itself. `connection`: somebody must put the connection right. `message`:
 * never this message.
 */
export class SlackFault extends Error {
  override name = 'SlackFault'
  readonly type: 'later' | 'connection' | 'message'
  readonly code: string
  /** Slack said how long to wait. */
  readonly retry_after_ms: number | undefined
  /** Whether it may have arrived all the same. */
  readonly in_doubt: boolean
  constructor(
    type: SlackFault['type'],
    code: string,
    { retry_after_ms, in_doubt = false }: { retry_after_ms?: number; in_doubt?: boolean } = {},
  ) {
    super(code)
    this.type = type
    this.code = code
    this.retry_after_ms = retry_after_ms
    this.in_doubt = in_doubt
  }
}

const passing = [
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'ratelimited',
  'team_added_to_org',
]
const badMessage = [
  'invalid_blocks',
  'invalid_blocks_format',
  'invalid_arguments',
  'invalid_arg_name',
  'msg_too_long',
  'msg_blocks_too_long',
  'no_text',
  'too_many_attachments',
  'markdown_text_conflict',
  'metadata_too_large',
  'invalid_metadata_format',
  'invalid_metadata_schema',
]

/** What Slack's error code means for us. Codes nobody knows are taken for a matter of the connection: nothing is lost, and people see it. */
export function faultOfCode(code: string): SlackFault {
  if (passing.includes(code)) return new SlackFault('later', code)
  return new SlackFault(badMessage.includes(code) ? 'message' : 'connection', code)
}

interface Thrown {
  code?: unknown
  retryAfter?: unknown
  statusCode?: unknown
  data?: { error?: string; needed?: string }
  message?: unknown
  cause?: unknown
}

/** What @slack/web-api threw, as one of ours. */
export function faultOf(error: unknown): SlackFault {
  if (error instanceof SlackFault) return error
  const { code, retryAfter, statusCode, data, message, cause } = error as Thrown
  if (cause instanceof ForbiddenDestinationError) return new SlackFault('connection', 'forbidden_destination')
  switch (code) {
    case 'slack_webapi_platform_error':
      return faultOfCode([data?.error ?? 'unknown_error', data?.needed ?? ''].join(' ').trim())
    case 'slack_webapi_rate_limited_error':
      return new SlackFault('later', 'rate_limited', { retry_after_ms: Number(retryAfter) * 1000 })
    case 'slack_webapi_http_error':
      return new SlackFault('later', `http_${String(statusCode)}`, { in_doubt: true })
    case 'slack_webapi_request_error':
      return new SlackFault('later', 'unreachable', { in_doubt: true })
    default:
      return new SlackFault('later', String(message).slice(0, 200), { in_doubt: true })
  }
}
