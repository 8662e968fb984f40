import { z } from 'zod'
import { creativeAsset } from './creative_asset.ts'
import { context, creativeAssignment, dateTime, ext, formatId, pacing } from './request_schemas.ts'
import { targetingOverlay } from './targeting_overlay.ts'
import { measurementTerms, performanceStandard } from './terms.ts'

/** One package a buyer wants, in create_media_buy or added later (media-buy/package-request.json). */
export const packageRequest = z.looseObject({
  product_id: z.string().min(1).max(255),
  pricing_option_id: z.string().min(1).max(255),
  budget: z.number().positive().describe('In the currency of the pricing option.'),
  bid_price: z.number().positive().optional().describe('For auction options: at least floor_price.'),
  impressions: z.number().int().min(0).optional(),
  pacing: pacing.optional(),
  paused: z.boolean().optional().describe('Begins paused.'),
  start_time: dateTime.optional(),
  end_time: dateTime.optional(),
  format_ids: z
    .array(formatId)
    .min(1)
    .max(100)
    .optional()
    .describe('Formats you will bring; all of the product if left out.'),
  targeting_overlay: targetingOverlay.optional(),
  creative_assignments: z
    .array(creativeAssignment)
    .min(1)
    .max(100)
    .optional()
    .describe('Creatives of your library, see list_creatives: [{creative_id}].'),
  creatives: z
    .array(creativeAsset)
    .min(1)
    .max(100)
    .optional()
    .describe('New creatives, as for sync_creatives: brought to your library and put on the package.'),
  measurement_terms: measurementTerms
    .optional()
    .describe('Only to propose easier terms than those of the product.'),
  performance_standards: z
    .array(performanceStandard)
    .min(1)
    .optional()
    .describe('Only to propose easier standards than those of the product.'),
  agency_estimate_number: z.string().max(100).optional(),
  context: context.optional(),
  ext: ext.optional(),
})
export type PackageRequest = z.infer<typeof packageRequest>
