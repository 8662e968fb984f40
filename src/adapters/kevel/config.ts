import { z } from 'zod'
import { parseConfig } from '../adapter.ts'

const Id = z.int().positive().max(2_147_483_647)

export const Settings = z.strictObject({
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://api.kevel.co')
    .describe('Where its API is.'),
  network_id: Id.describe('The number of the network.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency such as USD')
    .describe('What the prices of this network are in: Kevel’s own have no currency.'),
  advertiser_id: Id.nullable()
    .default(null)
    .describe('Who an order is for when the buyer has no advertiser of its own here.'),
  timeout_ms: z
    .int()
    .positive()
    .max(120_000)
    .default(30_000)
    .describe('The longest a call may take, in milliseconds.'),
  calls_per_second: z
    .number()
    .positive()
    .max(100)
    .nullable()
    .default(2)
    .describe('By all workers together. Kevel’s limit is not published; beyond it Kevel answers 429.'),
  answer_lag_seconds: z
    .number()
    .nonnegative()
    .max(600)
    .default(30)
    .describe('How long after a write that was not answered what it made may still turn up.'),
})
export type Settings = z.infer<typeof Settings>

const Pixels = z.int().positive().max(10_000)
export const ProductConfig = z.strictObject({
  /** Where a flight stands among the others: a priority of the network. */
  priority_id: Id,
  /** Where it is shown; none: on every site of the priority's channel. */
  site_zones: z.array(z.strictObject({ site_id: Id, zone_id: Id.optional() })).default([]),
  /** The ad types it may be shown as, with the sizes they have. */
  ad_types: z.array(z.strictObject({ ad_type_id: Id, width: Pixels, height: Pixels })).min(1),
  /** A Zerkel expression every flight of the product carries. */
  custom_targeting: z.string().min(1).optional(),
})
export type ProductConfig = z.infer<typeof ProductConfig>

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parseConfig(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig(config: unknown, productId: string): ProductConfig {
  return parseConfig(ProductConfig, config, `ad_server_config of product ${productId}`)
}
