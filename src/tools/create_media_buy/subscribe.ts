import { keepPushNotificationConfig } from '../../commands/keep_push_notification_config.ts'
import { keepReportingWebhook } from '../../commands/keep_reporting_webhook.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { ToolContext } from '../define-tool.ts'
import type { Request } from './request.ts'

/** Keeps where the buyer wants to be told what becomes of its purchase. */
export async function subscribe(
  trx: Trx,
  { principal, version, now, webhooks }: ToolContext<Db>,
  { push_notification_config: config, context }: Request,
  media_buy_id: string,
  task_id: string,
) {
  if (!config || !webhooks) return
  const { tenant_id } = principal
  const task_type = 'create_media_buy'
  const subscription = { tenant_id, media_buy_id, task_id, task_type, config, version, context, now } as const
  await keepPushNotificationConfig(trx, webhooks, subscription)
}

/** Keeps where the buyer wants reports. False if it asked for some and will get none. */
export async function subscribeToReports(
  trx: Trx,
  { principal: { tenant_id }, version, now, webhooks }: ToolContext<Db>,
  { reporting_webhook: config, context }: Request,
  media_buy_id: string,
): Promise<boolean> {
  if (!config || !webhooks) return true
  return keepReportingWebhook(trx, webhooks, { tenant_id, media_buy_id, config, version, context, now })
}

/** Webhooks are asked for by default by many buyers; they must not wait for one that does not come. */
export function webhookNote(
  asked: boolean,
  { webhooks }: ToolContext<Db>,
  reported: boolean,
): string | undefined {
  if (asked && !webhooks)
    return 'This seller sends no webhooks: follow the purchase with tasks_get and get_media_buys.'
  if (reported) return undefined
  return 'Not every product here is reported by webhook: ask get_media_buy_delivery instead.'
}
