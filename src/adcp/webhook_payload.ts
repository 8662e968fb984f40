import { toWireError } from './error.ts'
import type { AdcpVersion } from './version.ts'
import { quoted } from './quoted.ts'

type Wire = Record<string, unknown>

/** What a buyer can be told of: the end of a tool's task, or delivery. */
export type TaskType = 'create_media_buy' | 'update_media_buy' | 'media_buy_delivery'

export interface WebhookEvent {
  idempotency_key: string
  task_id: string
  task_type: TaskType
  operation_id: string | null
  version: AdcpVersion
  status: 'completed' | 'rejected' | 'canceled' | 'input-required'
  message: string
  /** Where the buyer has to answer something: what it answers with. */
  context_id?: string
  result: Wire
  context: unknown
  now: Date
}

/**
 * The body of a webhook as AdCP's mcp-webhook-payload, still without the buyer's token. From 3.1 operation_id is required: a buyer
 * that registered none gets its task_id, because a URL must not be searched for one. Until 3.0 a delivery report is no task: its
 * fields are the body's, and the envelope stands beside them for buyers that look for it.
 */
export function webhookPayload(event: WebhookEvent): string {
  const { version, task_id } = event
  const operation_id = event.operation_id ?? (version === '3.1' ? task_id : undefined)
  const report = event.task_type === 'media_buy_delivery' && version !== '3.1'
  return JSON.stringify({
    ...(report && event.result),
    idempotency_key: event.idempotency_key,
    ...(operation_id !== undefined && { operation_id }),
    task_id,
    task_type: event.task_type,
    protocol: 'media-buy',
    status: event.status,
    timestamp: event.now.toISOString(),
    ...(event.context_id !== undefined && { context_id: event.context_id }),
    message: event.message,
    result: event.result,
    ...(event.context !== null && { context: event.context }),
  })
}

/** The result of a purchase the publisher declined, before or after it was accepted. */
export function rejectedResult(media_buy_id: string, reason: string): Wire {
  const message = `The publisher declined: ${quoted(reason, 1000)}`
  return { errors: [toWireError({ code: 'POLICY_VIOLATION', message, details: { media_buy_id } })] }
}

/** The bytes to send: the stored payload with the token the buyer wants back, always in the same place. */
export function webhookBody(payload: string, token: string | undefined): string {
  return token === undefined ? payload : `${payload.slice(0, -1)},"token":${JSON.stringify(token)}}`
}
