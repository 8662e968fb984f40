import { z } from 'zod'
import type { Problem } from '../../adcp/error.ts'
import { domain, envelope, formatId, pagination } from '../../adcp/request_schemas.ts'

/** enums/asset-content-type.json */
const assetTypes = new Set(
  'image video audio text markdown html css javascript vast daast url webhook brief catalog published_post'.split(
    ' ',
  ),
)
const assetType = z.string().refine((name) => assetTypes.has(name), `one of ${[...assetTypes].join(', ')}`)

export const input = z.looseObject({
  ...envelope,
  format_ids: z.array(formatId).min(1).max(500).optional().describe('Only these: [{agent_url, id}].'),
  asset_types: z
    .array(assetType)
    .min(1)
    .optional()
    .describe('Formats with any of these assets: image, video, audio, html, vast …'),
  max_width: z.number().int().optional(),
  max_height: z.number().int().optional(),
  min_width: z.number().int().optional(),
  min_height: z.number().int().optional(),
  is_responsive: z.boolean().optional(),
  name_search: z.string().max(200).optional().describe('Part of the name.'),
  wcag_level: z.enum(['A', 'AA', 'AAA']).optional(),
  disclosure_positions: z.array(z.string()).min(1).optional(),
  disclosure_persistence: z.array(z.string()).min(1).optional(),
  output_format_ids: z.array(formatId).min(1).optional(),
  input_format_ids: z.array(formatId).min(1).optional(),
  account: z.looseObject({}).optional(),
  publisher_domain: domain.optional(),
  property_id: z
    .string()
    .regex(/^[a-z0-9_]+$/)
    .optional(),
  pagination: pagination.optional(),
})
export type Request = z.output<typeof input>

/** Filters on facts no format records. Ignoring one would return formats the buyer asked not to see. */
export function unanswerable(request: Request): Problem[] {
  return (['publisher_domain', 'property_id'] as const)
    .filter((name) => request[name] !== undefined)
    .map((field) => ({
      code: 'UNSUPPORTED_FEATURE',
      message: `Formats cannot be filtered by ${field} here.`,
      field,
      suggestion: `Leave ${field} out.`,
    }))
}
