import { z } from 'zod'
import { metrics } from '../seed/adcp_words.ts'
import { requirements } from './requirements_schema.ts'

const MOST_ASSETS = 100
/** A format is listed whole in one answer, which has little more room than this. */
const MOST_BYTES = 16_000
/** Shown to people and to LLMs, one line each: no line breaks, nothing that moves a cursor. */
const Line = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, 'holds control characters')
const Word = z.string().regex(/^[a-zA-Z0-9_-]{1,100}$/, 'must be letters, digits, _ and -')

/** core/format-id.json. One with sizes names a variant, and a list of formats names the formats themselves. */
const FormatId = z.object({
  agent_url: z.url({ protocol: /^https?$/ }).max(500),
  id: Word,
  width: z.undefined({ error: 'names one size of a format, not a format' }).optional(),
  height: z.undefined({ error: 'names one size of a format, not a format' }).optional(),
  duration_ms: z.undefined({ error: 'names one length of a format, not a format' }).optional(),
})

const Length = z.number().positive()
const Dimensions = z.object({
  width: Length.optional(),
  height: Length.optional(),
  min_width: Length.optional(),
  min_height: Length.optional(),
  max_width: Length.optional(),
  max_height: Length.optional(),
  unit: z.enum(['px', 'dp', 'inches', 'cm', 'mm', 'pt']).optional(),
  responsive: z.object({ width: z.boolean(), height: z.boolean() }).optional(),
  aspect_ratio: z
    .string()
    .regex(/^\d+(\.\d+)?:\d+(\.\d+)?$/)
    .optional(),
})
const Render = z
  .object({
    role: z.string().max(100),
    dimensions: Dimensions.optional(),
    parameters_from_format_id: z.literal(true).optional(),
  })
  .refine((one) => (one.dimensions === undefined) !== (one.parameters_from_format_id === undefined), {
    error: 'needs dimensions or parameters_from_format_id, and not both',
  })

const Url = z.url({ protocol: /^https?$/ }).max(2000)
const types = Object.keys(requirements) as (keyof typeof requirements)[]
/** One asset of each type AdCP has. */
const assetOf = <const S extends z.core.$ZodLooseShape>(more: S) => {
  const shape = { ...more, asset_id: Word, asset_role: z.string().max(200).optional(), required: z.boolean() }
  const [first, ...others] = types.map((type) =>
    z.object({ ...shape, asset_type: z.literal(type), requirements: requirements[type].optional() }),
  )
  if (!first) throw new Error('AdCP has no type of asset')
  return z.discriminatedUnion('asset_type', [first, ...others])
}
const Group = z.object({
  item_type: z.literal('repeatable_group'),
  asset_group_id: Word,
  required: z.boolean(),
  min_count: z.int().min(0),
  max_count: z.int().min(1),
  selection_mode: z.enum(['sequential', 'optimize']).optional(),
  assets: z.array(assetOf({})).min(1).max(MOST_ASSETS),
})
const Asset = z.discriminatedUnion('item_type', [assetOf({ item_type: z.literal('individual') }), Group])

const positions = z.enum([
  'prominent',
  'footer',
  'audio',
  'subtitle',
  'overlay',
  'end_card',
  'pre_roll',
  'companion',
])
const persistence = z.enum(['continuous', 'initial', 'flexible'])
const OtherFormat = z.object({ agent_url: Url, id: Word })
const once = <T extends z.ZodType>(item: T) =>
  z
    .array(item)
    .min(1)
    .refine((all) => new Set(all).size === all.length, 'names one twice')

/**
 * A format as a creative agent gives it (core/format.json of AdCP 3.0 and 3.1), as far as a buyer needs it to bring a creative. Assets
 * may not be missing: without them no creative could be held against it.
 */
export const AgentFormat = z
  .object({
    format_id: FormatId,
    name: Line,
    description: z.string().max(4000).default(''),
    example_url: Url.optional(),
    accepts_parameters: z
      .array(z.enum(['dimensions', 'duration']))
      .refine((all) => new Set(all).size === all.length, 'names one twice')
      .optional(),
    renders: z.array(Render).min(1).max(MOST_ASSETS).optional(),
    assets: z.array(Asset).min(1).max(MOST_ASSETS),
    delivery: z.record(z.string(), z.unknown()).optional(),
    supported_macros: z.array(z.string().max(100)).max(200).optional(),
    accessibility: z
      .object({ wcag_level: z.enum(['A', 'AA', 'AAA']), requires_accessible_assets: z.boolean().optional() })
      .optional(),
    supported_disclosure_positions: once(positions).optional(),
    disclosure_capabilities: z
      .array(z.object({ position: positions, persistence: once(persistence) }))
      .min(1)
      .optional(),
    input_format_ids: z.array(OtherFormat).max(200).optional(),
    output_format_ids: z.array(OtherFormat).max(200).optional(),
    reported_metrics: once(z.enum(metrics)).optional(),
  })
  .refine((format) => Buffer.byteLength(JSON.stringify(format)) <= MOST_BYTES, {
    error: `is larger than ${MOST_BYTES / 1000} kB`,
  })
  .refine(({ assets }) => namesOf(assets).every((name, i, all) => all.indexOf(name) === i), {
    path: ['assets'],
    error: 'has two assets of one name',
  })
export type AgentFormat = z.output<typeof AgentFormat>

const namesOf = (assets: readonly z.output<typeof Asset>[]) =>
  assets.map((one) => ('asset_group_id' in one ? one.asset_group_id : one.asset_id))
