import { z } from 'zod'
import { creativeAsset } from '../../adcp/creative_asset.ts'
import type { Problem } from '../../adcp/error.ts'
import { accountRef, envelope, idempotencyKey, unlisted } from '../../adcp/request_schemas.ts'
import { pushNotificationConfig } from '../../adcp/webhook_schemas.ts'

const assignment = z.looseObject({
  creative_id: z.string().min(1),
  package_id: z.string().min(1),
  weight: z.number().min(0).max(100).optional(),
  placement_ids: z.array(z.string()).min(1).optional(),
})
export type AssignmentRequest = z.infer<typeof assignment>

export const request = z.looseObject({
  ...envelope,
  idempotency_key: idempotencyKey,
  account: accountRef,
  creatives: z.array(creativeAsset).min(1).max(100),
  creative_ids: z.array(z.string()).min(1).max(100).optional().describe('Only these of creatives.'),
  assignments: z.array(assignment).min(1).max(1000).optional().describe('Adds creatives to packages.'),
  delete_missing: z.boolean().optional().describe("Archives the account's creatives not sent."),
  dry_run: z.boolean().optional().describe('Only tells what would happen.'),
  validation_mode: z
    .enum(['strict', 'lenient'])
    .optional()
    .describe('strict (default): all or nothing. lenient: what is right is kept, the rest told.'),
  push_notification_config: unlisted(pushNotificationConfig).optional(),
})
export type Request = z.infer<typeof request>

/** What makes a request mean nothing, whatever the mode. */
export function contradictions({ creatives, creative_ids, delete_missing }: Request): Problem[] {
  const known = new Set(creatives.map(({ creative_id }) => creative_id))
  const absent = (creative_ids ?? []).flatMap((id, i) => (known.has(id) ? [] : [i]))
  return [
    ...absent.map((i) =>
      invalid(
        `creative_ids[${i}]`,
        'No creative of this id is in creatives.',
        'Send it, or leave its id out.',
      ),
    ),
    ...(delete_missing && creative_ids
      ? [
          invalid(
            'delete_missing',
            'delete_missing is for the whole library and creative_ids for a part of it.',
            'Leave one of them out.',
          ),
        ]
      : []),
  ]
}

export const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
