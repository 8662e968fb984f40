import { z } from 'zod'
import { creativeAsset } from './creative_asset.ts'
import { packageRequest } from './package_request.ts'
import { context, creativeAssignment, dateTime, ext, pacing } from './request_schemas.ts'
import { targetingOverlay } from './targeting_overlay.ts'

/** As many as create_media_buy takes. */
const MOST_PACKAGES = 200

const keywords = z
  .array(z.looseObject({ keyword: z.string().min(1), match_type: z.enum(['broad', 'phrase', 'exact']) }))
  .min(1)
  .optional()

/** What a buyer changes about one package; what is left out stays as it is (media-buy/package-update.json). */
const packageUpdate = z.looseObject({
  package_id: z.string().min(1).max(255),
  budget: z.number().min(0).optional(),
  bid_price: z.number().min(0).optional(),
  impressions: z.number().min(0).optional(),
  pacing: pacing.optional(),
  start_time: dateTime.optional(),
  end_time: dateTime.optional(),
  paused: z.boolean().optional(),
  canceled: z.literal(true).optional(),
  cancellation_reason: z.string().max(500).optional(),
  targeting_overlay: targetingOverlay.optional(),
  keyword_targets_add: keywords,
  keyword_targets_remove: keywords,
  negative_keywords_add: keywords,
  negative_keywords_remove: keywords,
  creative_assignments: z.array(creativeAssignment).max(100).optional().describe('Replaces those before.'),
  creatives: z.array(creativeAsset).min(1).max(100).optional().describe('New creatives to put on it.'),
  context: context.optional(),
  ext: ext.optional(),
})
export type PackageUpdate = z.infer<typeof packageUpdate>

/** What of a media buy can be changed. */
export const changeable = {
  paused: z.boolean().optional().describe('true pauses, false resumes the whole buy.'),
  canceled: z.literal(true).optional().describe('Calls the whole buy off, for good.'),
  cancellation_reason: z.string().max(500).optional(),
  start_time: z.union([z.literal('asap'), dateTime]).optional(),
  end_time: dateTime.optional(),
  packages: z.array(packageUpdate).min(1).max(MOST_PACKAGES).optional().describe('Changes by package_id.'),
  new_packages: z
    .array(packageRequest.meta({ brief: true }))
    .min(1)
    .max(MOST_PACKAGES)
    .optional()
    .describe('More to buy, as in create_media_buy.'),
}
/** A change as it is asked for, and as it is kept until a person has agreed. */
export const mediaBuyUpdate = z.looseObject({ adcp_version: z.string().optional(), ...changeable })
export type MediaBuyUpdate = z.infer<typeof mediaBuyUpdate>
