import { z } from 'zod'
import { changeable } from '../../adcp/media_buy_update.ts'
import { accountRef, contextId, envelope, idempotencyKey } from '../../adcp/request_schemas.ts'
import { pushNotificationConfig, reportingWebhook } from '../../adcp/webhook_schemas.ts'

export const request = z.looseObject({
  ...envelope,
  idempotency_key: idempotencyKey.describe('A new random key (16 to 255 characters) for each change.'),
  context_id: contextId,
  account: accountRef,
  media_buy_id: z.string().min(1).max(255),
  revision: z
    .number()
    .int()
    .min(1)
    .optional()
    .describe('The one you saw; the change is refused if there is a newer one.'),
  ...changeable,
  invoice_recipient: z.looseObject({}).optional(),
  reporting_webhook: reportingWebhook
    .optional()
    .describe('As in create_media_buy; in place of the earlier one.'),
  push_notification_config: pushNotificationConfig.optional(),
})
export type Request = z.infer<typeof request>
