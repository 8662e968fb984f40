import { z } from 'zod'
import { accountRef, dateTime, envelope, pagination } from '../../adcp/request_schemas.ts'

const taskStatuses = z.enum([
  'submitted',
  'working',
  'input-required',
  'completed',
  'canceled',
  'failed',
  'rejected',
  'auth-required',
  'unknown',
])
const protocol = z.enum([
  'media-buy',
  'signals',
  'governance',
  'creative',
  'brand',
  'sponsored-intelligence',
  'measurement',
])
/** AdCP's words for what a task may be (enums/task-type.json); too many to publish them all. */
const taskTypes = new Set(
  'acquire_rights activate_signal build_creative create_media_buy create_property_list delete_property_list get_account_financials get_brand_identity get_creative_delivery get_products get_property_list get_rights get_signals list_property_lists log_event media_buy_delivery search_brands sync_accounts sync_audiences sync_catalogs sync_creatives sync_event_sources update_media_buy update_property_list'.split(
    ' ',
  ),
)
const taskType = z.string().refine((name) => taskTypes.has(name), 'a tool such as create_media_buy')

const filters = z.looseObject({
  protocol: protocol.optional(),
  protocols: z.array(protocol).min(1).optional(),
  status: taskStatuses.optional(),
  statuses: z.array(taskStatuses).min(1).optional(),
  task_type: taskType.optional(),
  task_types: z.array(taskType).min(1).optional(),
  created_after: dateTime.optional(),
  created_before: dateTime.optional(),
  updated_after: dateTime.optional(),
  updated_before: dateTime.optional(),
  task_ids: z.array(z.string()).min(1).max(100).optional(),
  context_contains: z.string().max(500).optional().describe('Text in your context, or a media_buy_id.'),
  has_webhook: z.boolean().optional(),
})
export type Filters = z.infer<typeof filters>

/** The names of the filters that do something; others are let pass. */
export const filtersOf = (given: Filters | undefined): string[] =>
  Object.keys(given ?? {})
    .filter((name) => name in filters.shape)
    .sort()

export const request = z.looseObject({
  ...envelope,
  account: accountRef.optional(),
  filters: filters.optional(),
  sort: z
    .looseObject({
      field: z.enum(['created_at', 'updated_at', 'status', 'task_type', 'protocol']).optional(),
      direction: z.enum(['asc', 'desc']).optional(),
    })
    .optional()
    .describe('Newest first if left out.'),
  pagination: pagination.optional(),
  include_history: z.boolean().optional(),
})
export type Request = z.infer<typeof request>
export type SortField = NonNullable<NonNullable<Request['sort']>['field']>
