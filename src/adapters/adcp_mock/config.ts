import { z } from 'zod'
import { parseConfig } from '../adapter.ts'

export const Settings = z.strictObject({
  base_url: z.url({ protocol: /^https?$/ }).describe('Where its API is.'),
  network_code: z.string().min(1).describe('The network, by the digits of its code.'),
  advertiser_id: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe('Who an order is for when the buy does not say.'),
  timeout_ms: z
    .int()
    .positive()
    .max(120_000)
    .default(10_000)
    .describe('The longest a call may take, in milliseconds.'),
  poll_interval_ms: z
    .int()
    .positive()
    .default(5_000)
    .describe('How often an approval is asked for, in milliseconds.'),
  calls_per_second: z.number().positive().nullable().default(null),
})
export type Settings = z.infer<typeof Settings>

export const ProductConfig = z.strictObject({
  product_id: z.string().min(1),
  ad_unit_targeting: z.array(z.string().min(1)).default([]),
})

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parseConfig(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig(config: unknown, productId: string): z.infer<typeof ProductConfig> {
  return parseConfig(ProductConfig, config, `ad_server_config of product ${productId}`)
}
