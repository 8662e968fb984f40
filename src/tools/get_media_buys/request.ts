import { z } from 'zod'
import { accountRef, envelope, mediaBuyStatus, pagination } from '../../adcp/request_schemas.ts'

export const request = z.looseObject({
  ...envelope,
  media_buy_ids: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
  status_filter: z
    .union([z.array(mediaBuyStatus).min(1), mediaBuyStatus])
    .optional()
    .describe('One status or a list; without it and without media_buy_ids only active ones.'),
  account: accountRef.optional(),
  include_snapshot: z.boolean().optional(),
  include_history: z
    .number()
    .int()
    .min(0)
    .max(1000)
    .optional()
    .describe('How many history entries per buy, newest first.'),
  include_webhook_activity: z.boolean().optional(),
  webhook_activity_limit: z.number().int().min(1).max(200).optional(),
  pagination: pagination.optional(),
})
export type Request = z.infer<typeof request>
