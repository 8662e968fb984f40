import { z } from 'zod'
import { businessEntity } from '../../adcp/business_entity.ts'
import { packageRequest } from '../../adcp/package_request.ts'
import {
  accountRef,
  brand,
  contextId,
  currency,
  dateTime,
  envelope,
  idempotencyKey,
} from '../../adcp/request_schemas.ts'
import { pushNotificationConfig, reportingWebhook } from '../../adcp/webhook_schemas.ts'

/** More packages than any buy of a person has; a larger one is split. */
const MOST_PACKAGES = 200

export const request = z.looseObject({
  ...envelope,
  idempotency_key: idempotencyKey,
  context_id: contextId,
  account: accountRef,
  brand,
  packages: z
    .array(packageRequest)
    .min(1)
    .max(MOST_PACKAGES)
    .optional()
    .describe('What to buy; one per product.'),
  start_time: z.union([z.literal('asap'), dateTime]).describe('"asap" or a date and time with zone.'),
  end_time: dateTime,
  po_number: z.string().max(255).optional(),
  total_budget: z
    .looseObject({ amount: z.number().positive(), currency })
    .optional()
    .describe('With proposal_id: what to spend on it. With packages: their sum.'),
  proposal_id: z
    .string()
    .max(255)
    .optional()
    .describe('In place of packages: a proposal finalized with get_products.'),
  plan_id: z.string().max(255).optional(),
  paused: z.boolean().optional().describe('Begins paused; resume it with update_media_buy.'),
  advertiser_industry: z.string().max(255).optional(),
  agency_estimate_number: z.string().max(100).optional(),
  invoice_recipient: businessEntity.meta({ brief: true }).optional(),
  io_acceptance: z
    .looseObject({
      io_id: z.string(),
      accepted_at: dateTime,
      signatory: z.string().min(1).max(250),
    })
    .optional()
    .describe('For a proposal with an insertion_order: {io_id, accepted_at, signatory}.'),
  push_notification_config: pushNotificationConfig.optional(),
  reporting_webhook: reportingWebhook.optional(),
  artifact_webhook: z.looseObject({}).optional(),
})
export type Request = z.infer<typeof request>
