import { createPrivateKey } from 'node:crypto'
import { z } from 'zod'
import { AdapterError, type ApprovedPackage } from '../adapter.ts'

/** The version of Google's API spoken unless a connection says otherwise. Each lives about a year (see `salesdesk gam check`). */
const API_VERSION = 'v202608'

const Id = z.string().regex(/^\d{1,19}$/, 'must be the digits of an id')
const Minutes = z.int().positive().max(1440)

export const Settings = z.strictObject({
  network_code: z
    .string()
    .regex(/^\d+$/, 'must be the digits of a network code')
    .describe('The network, by the digits of its code.'),
  application_name: z.string().min(1).max(100).default('Salesdesk').describe('What Google sees in its logs.'),
  api_version: z
    .string()
    .regex(/^v20\d{4}$/, 'must be a version such as v202608')
    .default(API_VERSION)
    .describe('The version of Google’s API. Each lives about a year.'),
  base_url: z
    .url({ protocol: /^https?$/ })
    .default('https://ads.google.com')
    .describe('Where its API is.'),
  timeout_ms: z
    .int()
    .positive()
    .max(120_000)
    .default(60_000)
    .describe('The longest a call may take, in milliseconds.'),
  advertiser_id: Id.nullable()
    .default(null)
    .describe('Who an order is for when the buyer has no advertiser of its own here.'),
  create_advertisers: z
    .boolean()
    .default(false)
    .describe('A brand without an advertiser gets one, named after its domain.'),
  trafficker_id: Id.nullable()
    .default(null)
    .describe('Who traffics our orders: the service account, unless it is somebody else.'),
  approval: z
    .enum(['approve', 'submit'])
    .default('approve')
    .describe('How an order comes to run: we approve it, or submit it and wait for somebody there.'),
  overbook: z
    .boolean()
    .default(false)
    .describe('Book more than the forecast says is there. Only with the publisher’s word.'),
  skip_inventory_check: z
    .boolean()
    .default(false)
    .describe('Do not look at the forecast at all. Only with the publisher’s word.'),
  region_ids: z
    .record(z.string().regex(/^[A-Z]{2}-[A-Z0-9]{1,3}$/), Id)
    .default({})
    .describe('Places of regions that cannot be told by their names: ISO 3166-2 code to Google’s id.'),
  poll_minutes: Minutes.default(5).describe('How often a forecast or an approval is asked for.'),
  wait_hours: z
    .int()
    .positive()
    .max(24 * 60)
    .default(24 * 7)
    .describe(
      'A person is asked when a forecast or an approval has not come after that long. Google speaks of up to a week.',
    ),
  answer_lag_seconds: z
    .number()
    .nonnegative()
    .max(600)
    .default(30)
    .describe('How long after a write that was not answered what it made may still turn up.'),
  report_lag_minutes: z
    .int()
    .nonnegative()
    .max(2880)
    .default(180)
    .describe('How long after something was delivered Google’s reports hold it.'),
  calls_per_second: z
    .number()
    .positive()
    .max(100)
    .nullable()
    .default(2)
    .describe('By all workers together. Google allows two, and eight on Ad Manager 360.'),
})
export type Settings = z.infer<typeof Settings>

const FrequencyCap = z.strictObject({
  max_impressions: z.int().positive(),
  time_units: z.int().positive(),
  unit: z.enum(['MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'LIFETIME']),
})
const Pixels = z.int().positive().max(10_000)
const Placeholder = z.union([
  z.strictObject({ width: Pixels, height: Pixels, count: z.int().positive().default(1) }),
  z.strictObject({
    creative_template_id: Id,
    count: z.int().positive().default(1),
    /** Which asset of a creative fills which variable of the template. */
    variables: z.record(z.string().min(1), z.string().min(1)).default({}),
    /** Variables that are files: Google gets a copy of the image instead of its address. */
    files: z.array(z.string().min(1)).default([]),
  }),
])
export type Placeholder = z.infer<typeof Placeholder>

export const ProductConfig = z.strictObject({
  /** What kind of line item; unless given, from the delivery type and the pricing model. */
  line_item_type: z
    .enum(['STANDARD', 'SPONSORSHIP', 'NETWORK', 'PRICE_PRIORITY', 'HOUSE', 'BULK'])
    .optional(),
  ad_unit_ids: z.array(Id).default([]),
  /** Whether the ad units below those are meant too. */
  include_descendants: z.boolean().default(true),
  excluded_ad_unit_ids: z.array(Id).default([]),
  placement_ids: z.array(Id).default([]),
  /** Key-values by the names they have in the network; all keys must match, any value of a key. */
  key_values: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)).default({}),
  excluded_key_values: z.record(z.string().min(1), z.array(z.string().min(1)).min(1)).default({}),
  /** Unless given, the sizes of the product's formats. */
  placeholders: z.array(Placeholder).min(1).optional(),
  frequency_caps: z.array(FrequencyCap).default([]),
  environment: z.enum(['BROWSER', 'VIDEO_PLAYER']).default('BROWSER'),
  /** Milliseconds; Google demands it of video line items. */
  video_max_duration_ms: z.int().positive().optional(),
  /** Of the impressions a sponsorship or network line item takes each day. */
  share_percent: z.int().min(1).max(100).default(100),
  /** Only networks Google allows to may set it. */
  priority: z.int().min(1).max(16).optional(),
})
export type ProductConfig = z.infer<typeof ProductConfig> & { placeholders: Placeholder[] }

const ServiceAccount = z.object({
  client_email: z.email(),
  private_key: z.string().refine(isPrivateKey, 'is no private key'),
  private_key_id: z.string().optional(),
  token_uri: z.url({ protocol: /^https?$/ }).default('https://oauth2.googleapis.com/token'),
})
export type ServiceAccount = z.infer<typeof ServiceAccount>

/** The settings of an ad server connection. @throws AdapterError('config') naming what is wrong with them. */
export function parseSettings(settings: unknown): Settings {
  return parse(Settings, settings, 'The settings of this connection')
}

/** A product's ad_server_config, with placeholders of its formats' sizes where it names none. @throws AdapterError('config') naming what is wrong with it. */
export function parseProductConfig({
  ad_server_config,
  product_id,
  sizes,
}: Pick<ApprovedPackage, 'ad_server_config' | 'product_id' | 'sizes'>): ProductConfig {
  const what = `ad_server_config of product ${product_id}`
  const config = parse(ProductConfig, ad_server_config, what)
  if (config.ad_unit_ids.length + config.placement_ids.length === 0)
    throw invalid(`${what}: needs ad_unit_ids or placement_ids`)
  const placeholders = config.placeholders ?? sizes.map((size) => ({ ...size, count: 1 }))
  if (placeholders.length > 0) return { ...config, placeholders }
  throw invalid(
    `${what}: none of its formats has a fixed size; name the sizes in placeholders, for example [{ width: 300, height: 250 }]`,
  )
}

/** The key of a service account, as Google Cloud hands it out. @throws AdapterError('config') that says nothing of what is in it. */
export function parseServiceAccount(secret: string | undefined): ServiceAccount {
  const what = 'The service account key of this connection'
  if (secret === undefined || secret === '') throw invalid(`${what} is missing`)
  let json: unknown
  try {
    json = JSON.parse(secret)
  } catch {
    throw invalid(`${what} is not the JSON file Google Cloud hands out`)
  }
  const result = ServiceAccount.safeParse(json)
  if (result.success) return result.data
  const fields = result.error.issues.map(({ path }) => path.join('.') || 'all of it')
  throw invalid(`${what} is not usable: ${[...new Set(fields)].join(', ')}`)
}

function isPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa'
  } catch {
    return false
  }
}

function parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw invalid(`${what}: ${z.prettifyError(result.error)}`)
}

function invalid(message: string): AdapterError {
  return new AdapterError('config', 'invalid_config', message)
}
