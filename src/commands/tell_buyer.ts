import { randomUUID } from 'node:crypto'
import type { AdcpVersion } from '../adcp/version.ts'
import { webhookPayload, type TaskType, type WebhookEvent } from '../adcp/webhook_payload.ts'
import { compiled } from '../db/compiled.ts'
import type { Trx } from '../db/database.ts'
import { enqueue, webhookLane } from '../jobs.ts'

/** No webhook is tried for longer. */
export const WEBHOOK_PATIENCE_MS = 24 * 3_600_000

/** Whom to tell about a task, in which release. */
export interface Listener {
  tenant_id: string
  principal_id: string
  media_buy_id: string
  task_id: string
  task_type: TaskType
  url: string
  operation_id: string | null
  version: AdcpVersion
  context: unknown
}
type Told = Pick<WebhookEvent, 'status' | 'message' | 'context_id' | 'result' | 'now'>

/** Sends one webhook about a task: the event and its job, in the transaction of what happened. */
export async function tellBuyer(trx: Trx, listener: Listener, told: Told): Promise<void> {
  await sendWebhook(trx, listener, told)
}

/** The same, and gives the event's id, for whoever keeps it. */
export async function sendWebhook(trx: Trx, listener: Listener, told: Told): Promise<string> {
  const { tenant_id, media_buy_id, task_id, principal_id, url } = listener
  const { now } = told
  const webhook_event_id = randomUUID()
  await trx
    .insertInto('webhook_events')
    .values({
      webhook_event_id,
      tenant_id,
      media_buy_id,
      task_id,
      payload: webhookPayload({ ...listener, ...told, idempotency_key: webhook_event_id }),
      next_at: now,
      give_up_at: new Date(now.getTime() + WEBHOOK_PATIENCE_MS),
      created_at: now,
      updated_at: now,
    })
    .execute()
  await enqueue(trx, 'deliver_webhook', { webhook_event_id, lane: webhookLane(principal_id, url) })
  return webhook_event_id
}

/** Whoever listens to the purchase itself, or to one task of a media buy. */
export async function readListener(
  trx: Trx,
  about: { media_buy_id: string; task_id?: string },
): Promise<Listener | undefined> {
  const { media_buy_id, task_id } = about
  const [row] = await selectListener(trx, { media_buy_id, task_id })
  if (!row) return undefined
  const { adcp_version, task_type, ...rest } = row
  return { ...rest, version: adcp_version as AdcpVersion, task_type: task_type as TaskType }
}

const selectListener = compiled((db, about: { media_buy_id: string; task_id: string | undefined }) =>
  db
    .selectFrom('push_notification_configs as config')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'config.media_buy_id')
    .select([
      'config.tenant_id',
      'config.media_buy_id',
      'config.url',
      'config.task_id',
      'config.task_type',
      'config.operation_id',
      'config.adcp_version',
      'config.context',
      'buy.principal_id',
    ])
    .where('config.media_buy_id', '=', about.media_buy_id)
    .$if(about.task_id === undefined, (q) => q.where('config.task_type', '=', 'create_media_buy'))
    .$if(about.task_id !== undefined, (q) => q.where('config.task_id', '=', about.task_id ?? '')),
)
