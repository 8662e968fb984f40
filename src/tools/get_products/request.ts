import { z } from 'zod'
import type { Problem } from '../../adcp/error.ts'
import { accountRef, brand, deliveryType, envelope, pagination } from '../../adcp/request_schemas.ts'
import { pushNotificationConfig } from '../../adcp/webhook_schemas.ts'
import { listRef } from '../../adcp/targeting_overlay.ts'
import { filters } from './filters.ts'
import { refineEntry } from './refine_schema.ts'

export const request = z.looseObject({
  ...envelope,
  buying_mode: z
    .enum(['brief', 'wholesale', 'refine'])
    .optional()
    .describe(
      'brief: find what fits a brief. wholesale: list everything. refine: change an earlier answer. Taken from brief and refine if left out.',
    ),
  brief: z
    .string()
    .max(5000)
    .optional()
    .describe('What is wanted, in plain words: topic, audience, channel, country, budget.'),
  refine: z
    .array(refineEntry)
    .min(1)
    .max(100)
    .optional()
    .describe(
      'Changes: [{scope: "request", ask}], [{scope: "product", product_id, action: include | omit | more_like_this}] or [{scope: "proposal", proposal_id, action: include | omit | finalize, ask}]. finalize promises the prices; it goes alone.',
    ),
  brand: brand.optional(),
  catalog: z.looseObject({}).optional(),
  account: accountRef.optional(),
  preferred_delivery_types: z
    .array(deliveryType)
    .min(1)
    .optional()
    .describe('Put these first where they fit as well.'),
  filters: filters.optional(),
  property_list: listRef.meta({ brief: true }).optional(),
  fields: z.array(z.string()).min(1).optional().describe('Only these product fields.'),
  time_budget: z.looseObject({}).optional(),
  push_notification_config: pushNotificationConfig.optional(),
  pagination: pagination.optional(),
  if_wholesale_feed_version: z.string().optional(),
  if_pricing_version: z.string().optional(),
  required_policies: z.array(z.string()).optional(),
})
export type Request = z.infer<typeof request>

/** What the request is about; without buying_mode, what its fields say. */
export function modeOf({ buying_mode, brief, refine }: Request): 'brief' | 'wholesale' | 'refine' {
  return buying_mode ?? (refine ? 'refine' : brief === undefined ? 'wholesale' : 'brief')
}

/** Parts of a request that contradict each other. */
export function modeProblems(asked: Request): Problem[] {
  const mode = modeOf(asked)
  const { brief, refine } = asked
  const problems: Problem[] = []
  const invalid = (field: string, message: string, suggestion: string) =>
    problems.push({ code: 'INVALID_REQUEST', message, field, suggestion })
  if (mode === 'brief' && !brief?.trim())
    invalid(
      'brief',
      'buying_mode brief needs a brief.',
      'Say in plain words what is wanted, or use buying_mode wholesale.',
    )
  if (mode !== 'brief' && brief !== undefined)
    invalid('brief', `buying_mode ${mode} takes no brief.`, 'Use buying_mode brief, or an ask in refine.')
  if (mode === 'refine' && !refine)
    invalid('refine', 'buying_mode refine needs refine.', 'Say what to change: [{scope: "request", ask}].')
  if (mode !== 'refine' && refine)
    invalid('refine', `buying_mode ${mode} takes no refine.`, 'Use buying_mode refine.')
  const finalizes = (refine ?? []).map(({ action }) => action === 'finalize')
  const other = finalizes.indexOf(false)
  if (finalizes.includes(true) && other >= 0)
    invalid(`refine[${other}]`, 'finalize goes alone.', 'Refine first; then finalize in a call of its own.')
  return problems
}

/** Versions belong to whole lists, and a version of prices to one of products (AdCP 3.1). */
export function versionProblems({
  buying_mode,
  if_wholesale_feed_version: feed,
  if_pricing_version: prices,
}: Request): Problem[] {
  const invalid = (field: string, message: string, suggestion: string): Problem => ({
    code: 'INVALID_REQUEST',
    message,
    field,
    suggestion,
  })
  if (prices !== undefined && feed === undefined)
    return [
      invalid(
        'if_pricing_version',
        'if_pricing_version needs if_wholesale_feed_version.',
        'Send both, as they came together.',
      ),
    ]
  if (feed !== undefined && buying_mode !== 'wholesale')
    return [
      invalid(
        'if_wholesale_feed_version',
        'if_wholesale_feed_version goes with buying_mode wholesale.',
        'Set buying_mode to wholesale, or leave it out.',
      ),
    ]
  return []
}

/** True for a request that asks for prices to be promised, which is the one thing this tool writes. */
export const isFinalize = ({ refine }: Request): boolean =>
  refine?.every(({ action }) => action === 'finalize') ?? false
