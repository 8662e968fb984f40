import { z } from 'zod'
import { channel, deliveryType } from '../adcp/request_schemas.ts'
import {
  Address,
  Country,
  Days,
  Domain,
  fields,
  From,
  Id,
  Name,
  PropertyWord,
  Until,
  Words,
} from './file_words.ts'
import { PricingOption } from './pricing_schema.ts'
import { MeasurementTerms, PerformanceStandards, Reporting } from './tenant_schema.ts'

export type Channel = z.output<typeof channel>

/** Which properties a product runs on: a domain means all of it. Otherwise property_ids or property_tags say which. */
const PublisherProperties = z.union(
  [
    Domain.transform((publisher_domain) => ({ publisher_domain, selection_type: 'all' as const })),
    fields({ publisher_domain: Domain, property_ids: z.array(PropertyWord).min(1) }).transform(
      (selector) => ({
        ...selector,
        selection_type: 'by_id' as const,
      }),
    ),
    fields({ publisher_domain: Domain, property_tags: z.array(PropertyWord).min(1) }).transform(
      (selector) => ({
        ...selector,
        selection_type: 'by_tag' as const,
      }),
    ),
  ],
  {
    error:
      'must be a domain, or { publisher_domain, property_ids: […] }, or { publisher_domain, property_tags: […] }',
  },
)
export type PublisherProperties = z.output<typeof PublisherProperties>

/** A format_id of this file, or AdCP's object where the format takes parameters or two agents use the same id. */
const FormatRef = z.union(
  [
    Id.transform((id) => ({ id })),
    fields({
      agent_url: Address.optional(),
      id: Id,
      width: z.int().positive().optional(),
      height: z.int().positive().optional(),
      duration_ms: z.int().positive().optional(),
    }),
  ],
  { error: 'must be a format_id of formats, or { id, agent_url, width, height, duration_ms }' },
)
export type FormatRef = z.output<typeof FormatRef>

/** AdCP product fields that buyers read and Salesdesk passes on. */
const details = {
  exclusivity: z.enum(['none', 'category', 'exclusive']).optional(),
  property_targeting_allowed: z.boolean().optional(),
  delivery_measurement: fields({ provider: z.string(), notes: z.string().optional() }).optional(),
  creative_policy: fields({
    co_branding: z.enum(['required', 'optional', 'none']),
    landing_page: z.enum(['any', 'retailer_site_only', 'must_include_retailer']),
    templates_available: z.boolean(),
    provenance_required: z.boolean().optional(),
  }).optional(),
  measurement_terms: MeasurementTerms.optional(),
  performance_standards: PerformanceStandards.optional(),
  enforced_policies: z.array(z.string().min(1)).min(1).optional(),
  cancellation_policy: fields({
    notice_period: fields({ interval: z.int().positive(), unit: z.enum(['hours', 'days']) }),
    cancellation_fee: fields({
      type: z.enum(['percent_remaining', 'full_commitment', 'fixed_fee', 'none']),
      rate: z.number().min(0).max(1).optional(),
      amount: z.number().nonnegative().optional(),
    }),
  }).optional(),
  ext: z.record(z.string(), z.unknown()).optional(),
}
export const detailNames = Object.keys(details) as (keyof typeof details)[]

export const Product = fields({
  product_id: Id,
  name: Name,
  description: Words.min(1),
  delivery_type: deliveryType,
  approval_policy: z.enum(['auto', 'person']).optional(),
  connection_id: Id.optional(),
  channels: z.array(channel).min(1),
  countries: z.array(Country).default([]),
  publisher_properties: z.array(PublisherProperties).min(1),
  format_ids: z.array(FormatRef).min(1),
  keywords: z.array(z.string().min(1).max(200)).max(1000).default([]),
  available_from: From.optional(),
  available_until: Until.optional(),
  min_flight_days: Days.positive().default(1),
  lead_days: Days.nonnegative().default(0),
  daily_capacity: z.int().positive().max(1_000_000_000_000).optional(),
  pricing_options: z.array(PricingOption).min(1),
  reporting_capabilities: Reporting.partial().default({}),
  ad_server_config: z.record(z.string(), z.unknown()).default({}),
  ...details,
})
export type Product = z.output<typeof Product>
