import { z } from 'zod'
import { formatId } from './request_schemas.ts'

const asset = z.looseObject({})

/** A creative as a buyer sends it, to the library or with a package (core/creative-asset.json). */
export const creativeAsset = z.looseObject({
  creative_id: z.string().min(1).max(255).describe('Your own id; the same id again updates it.'),
  name: z.string().max(500),
  format_id: formatId,
  assets: z
    .record(z.string(), z.union([asset, z.array(asset).min(1)]))
    .describe(
      'By asset_id of the format: {"banner_image": {"asset_type": "image", "url", "width", "height"}}.',
    ),
  tags: z.array(z.string().max(255)).max(100).optional(),
  weight: z.number().min(0).max(100).optional(),
})
export type CreativeAsset = z.infer<typeof creativeAsset>
