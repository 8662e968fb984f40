import { z } from 'zod'
import { parseConfig } from '../adapter.ts'

const Id = z.int().positive()

export const Settings = z.strictObject({
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://api.broadstreetads.com')
    .describe('Where its API is.'),
  network_id: Id.describe('The number of the network.'),
  time_zone: z
    .string()
    .refine(isTimeZone, 'must be a time zone such as America/New_York')
    .describe('Where the network’s days begin and end. Its API does not say; its records come in that zone.'),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency such as USD')
    .describe(
      'What is sold here is counted in this, as far as Broadstreet is concerned only in the names of campaigns.',
    ),
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
    .default(1)
    .describe(
      'Broadstreet takes two requests for records in five seconds, and does not say how many others.',
    ),
  records_pause_ms: z
    .int()
    .nonnegative()
    .max(60_000)
    .default(2_500)
    .describe('Between two requests for records, for that reason.'),
  answer_lag_seconds: z
    .number()
    .nonnegative()
    .max(600)
    .default(30)
    .describe('How long after a write that was not answered what it made may still turn up.'),
})
export type Settings = z.infer<typeof Settings>

export const ProductConfig = z.strictObject({
  /** Where its ads are placed. */
  zone_ids: z.array(Id).min(1),
  /** How its campaigns stand among the others. */
  weight: z.enum(['remnant', 'low', 'default', 'high', 'sponsorship']).default('default'),
})

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parseConfig(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig(config: unknown, productId: string): z.infer<typeof ProductConfig> {
  return parseConfig(ProductConfig, config, `ad_server_config of product ${productId}`)
}

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone }).format(0) !== ''
  } catch {
    return false
  }
}
