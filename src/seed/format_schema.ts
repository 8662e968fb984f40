import { z } from 'zod'
import { assetTypes, metrics } from './adcp_words.ts'
import { Address, fields, Id, Name, Words } from './file_words.ts'

const Length = z.number().positive()
const Dimensions = fields({
  width: Length.optional(),
  height: Length.optional(),
  min_width: Length.optional(),
  min_height: Length.optional(),
  max_width: Length.optional(),
  max_height: Length.optional(),
  unit: z.enum(['px', 'dp', 'inches', 'cm', 'mm', 'pt']).optional(),
  responsive: fields({ width: z.boolean(), height: z.boolean() }).optional(),
  aspect_ratio: z
    .string()
    .regex(/^\d+(\.\d+)?:\d+(\.\d+)?$/, 'must look like 16:9')
    .optional(),
})

const Render = fields({
  role: z.string().default('primary'),
  dimensions: Dimensions.optional(),
  parameters_from_format_id: z.literal(true).optional(),
}).refine(
  (render) => (render.dimensions === undefined) !== (render.parameters_from_format_id === undefined),
  {
    error: 'needs dimensions, or parameters_from_format_id: true; not both',
  },
)

const asset = {
  asset_id: Id,
  asset_type: z.enum(assetTypes),
  asset_role: z.string().optional(),
  required: z.boolean().default(true),
  requirements: z.record(z.string(), z.unknown()).optional(),
}
const Asset = z.preprocess(
  individualUnlessSaid,
  z.discriminatedUnion('item_type', [
    fields({ item_type: z.literal('individual'), ...asset }),
    fields({
      item_type: z.literal('repeatable_group'),
      asset_group_id: Id,
      required: z.boolean().default(true),
      min_count: z.int().nonnegative(),
      max_count: z.int().positive(),
      selection_mode: z.enum(['sequential', 'optimize']).optional(),
      assets: z.array(fields(asset)).min(1),
    }),
  ]),
)

function individualUnlessSaid(written: unknown): unknown {
  return typeof written === 'object' && written ? { item_type: 'individual', ...written } : written
}

/** One creative format. What AdCP's format object has and our columns do not is kept as it is. */
export const Format = fields({
  format_id: Id,
  agent_url: Address.optional(),
  name: Name,
  description: Words.default(''),
  renders: z.array(Render).min(1).optional(),
  assets: z.array(Asset).min(1),
  example_url: z.url().optional(),
  accepts_parameters: z.array(z.enum(['dimensions', 'duration'])).optional(),
  delivery: z.record(z.string(), z.unknown()).optional(),
  supported_macros: z.array(z.string()).optional(),
  reported_metrics: z.array(z.enum(metrics)).min(1).optional(),
})
export type Format = z.output<typeof Format>
