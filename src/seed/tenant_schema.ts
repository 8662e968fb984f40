import { z } from 'zod'
import { identifierTypes, metrics, propertyTypes } from './adcp_words.ts'
import { ApprovalPolicy } from './approval_policy_schema.ts'
import {
  Address,
  Currency,
  Days,
  Domain,
  fields,
  Id,
  Money,
  Name,
  PropertyWord,
  Words,
} from './file_words.ts'

/** AdCP's reporting_capabilities. The tenant's hold for each product, which may differ in single fields. */
export const Reporting = fields({
  available_reporting_frequencies: z.array(z.enum(['hourly', 'daily', 'monthly'])).min(1),
  expected_delay_minutes: z.int().nonnegative(),
  timezone: z.string().refine(isTimezone, 'must be UTC or an IANA name such as Europe/Berlin'),
  supports_webhooks: z.boolean(),
  available_metrics: z.array(z.enum(metrics)),
  date_range_support: z.enum(['date_range', 'lifetime_only']),
  supports_creative_breakdown: z.boolean().optional(),
  supports_device_type_breakdown: z.boolean().optional(),
  supports_placement_breakdown: z.boolean().optional(),
})

const Vendor = fields({ domain: Domain, brand_id: z.string().min(1).optional() })

/** AdCP's measurement_terms: who counts what is billed, and what is owed when the counts differ. */
export const MeasurementTerms = fields({
  billing_measurement: fields({
    vendor: Vendor,
    max_variance_percent: z.number().min(0).lt(100).optional(),
    measurement_window: z.string().min(1).optional(),
    finalization_deadline_hours: z.int().nonnegative().optional(),
  }).optional(),
  makegood_policy: fields({
    available_remedies: z.array(z.enum(['additional_delivery', 'credit', 'invoice_adjustment'])).min(1),
  }).optional(),
})

/** AdCP's performance_standards: the rates a product keeps, and who measures them. */
export const PerformanceStandards = z
  .array(
    fields({
      metric: z.enum(['viewability', 'ivt', 'completion_rate', 'brand_safety', 'attention_score']),
      threshold: z.number().min(0).max(1),
      standard: z.enum(['mrc', 'groupm']).optional(),
      vendor: Vendor,
    }).refine(({ metric, standard }) => metric !== 'viewability' || standard !== undefined, {
      path: ['standard'],
      error: 'is missing: viewability is measured by mrc or groupm',
    }),
  )
  .min(1)

export const Tenant = fields({
  tenant_id: z.string().regex(/^[a-z0-9][a-z0-9_-]{1,62}$/, 'must be lower case letters, digits, _ and -'),
  name: Name,
  description: Words.default(''),
  advertising_policies: z.string().default(''),
  agent_url: Address,
  currencies: z.array(Currency).min(1),
  approval_threshold: Money(2).positive().optional(),
  approval_policy: ApprovalPolicy.optional(),
  opens_accounts: z.boolean().default(true),
  max_package_budget: Money(2).positive().optional(),
  max_media_buy_budget: Money(2).positive().optional(),
  max_flight_days: Days.positive().default(366),
  max_new_keys_per_minute: z.int().positive().max(1_000_000).default(3600),
  refusal_policy: z.enum(['ask_person', 'take_back']).default('ask_person'),
  sells_unverified: z.boolean().default(false),
  behind_percent: z.int().min(1).max(100).default(20),
  forecast_horizon_days: z.int().min(1).max(366).default(90),
  forecast_refresh_hours: z.int().min(1).max(168).default(6),
  forecast_max_age_hours: z.int().min(1).max(720).default(48),
  stale_forecast: z.enum(['sell', 'ask_person', 'refuse']).default('ask_person'),
  sells_proposals: z.boolean().default(true),
  proposal_hold_hours: z.int().min(1).max(720).default(48),
  insertion_order: fields({
    terms_url: z.url().optional(),
    signing_url: z.url().optional(),
    above: Money(2).positive().optional(),
  }).optional(),
  measurement_terms: MeasurementTerms.optional(),
  performance_standards: PerformanceStandards.optional(),
  reporting_capabilities: Reporting.partial().default({}),
})

export type Tenant = z.output<typeof Tenant>

export const Connection = fields({
  connection_id: Id,
  kind: z.string().min(1).max(100),
  name: Name,
  settings: z.record(z.string(), z.unknown()).default({}),
  synchronise: fields({
    inventory_minutes: z.int().min(5).max(10_080).default(360),
    orders_minutes: z.int().min(5).max(10_080).default(30),
    whole_hours: z.int().min(1).max(168).default(24),
  }).prefault({}),
  secret_name: z
    .string()
    .max(200)
    .regex(
      /^SALESDESK_SECRET_[A-Z0-9_]+$/,
      'must be the name of an environment variable that begins with SALESDESK_SECRET_, never the secret itself',
    )
    .optional(),
  /** How often figures are read, and for how many days after the fact the ad server may correct them. */
  delivery_minutes: z.int().min(1).max(1440).default(60),
  corrections_days: z.int().min(1).max(90).default(31),
})

const Property = fields({
  property_id: PropertyWord,
  property_type: z.enum(propertyTypes),
  name: Name,
  identifiers: z
    .array(fields({ type: z.enum(identifierTypes), value: z.string().min(1) }))
    .min(1)
    .optional(),
  tags: z.array(PropertyWord).default([]),
}).refine((property) => property.identifiers || property.property_type === 'website', {
  path: ['identifiers'],
  error: 'is missing. Only a website may leave it out; it then is known by its publisher_domain',
})

export const Publisher = fields({
  publisher_domain: Domain,
  name: Name,
  properties: z.array(Property).min(1),
})
export type Publisher = z.output<typeof Publisher>

export const Principal = fields({
  principal_id: Id,
  name: Name,
  sandbox: z.boolean().default(false),
  allowed_product_ids: z.array(Id).min(1).optional(),
  platform_mappings: z.record(z.string(), z.string().max(200)).default({}),
})

export const Account = fields({
  account_id: Id,
  name: Name,
  brand_domain: Domain,
  brand_id: z
    .string()
    .max(100)
    .regex(/^[a-z0-9_]*$/, 'lower-case letters, digits and _')
    .default(''),
  operator: Domain,
  sandbox: z.boolean().default(false),
  status: z
    .enum(['active', 'pending_approval', 'rejected', 'payment_required', 'suspended', 'closed'])
    .optional(),
  billing: z.enum(['operator', 'agent', 'advertiser']).default('operator'),
  payment_terms: z.enum(['net_15', 'net_30', 'net_45', 'net_60', 'net_90', 'prepay']).optional(),
  invoice_recipients: z.array(z.string().min(1).max(200)).optional(),
  credit_limit: fields({ amount: Money(2), currency: Currency }).optional(),
  platform_mappings: z.record(z.string(), z.string().max(200)).default({}),
  principals: z.array(Id).default([]),
})
export type Account = z.output<typeof Account>

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
