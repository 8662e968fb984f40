import { sql } from 'kysely'
import { metricsFor } from '../../adcp/metrics.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import type { ReadDb } from '../../db/database.ts'
import type { PricingModel } from '../../db/schema.ts'
import { hasKnownFormat, knownFormats } from '../../queries/known_formats.ts'
import { mayKnow, notReplaced } from '../../queries/on_sale.ts'
import type { Principal } from '../define-tool.ts'

interface PricingOptionRow {
  pricing_option_id: string
  pricing_model: PricingModel
  currency: string
  fixed_price: string | null
  floor_price: string | null
  max_bid: boolean
  price_guidance: Record<string, number> | null
  parameters: Record<string, unknown> | null
  min_spend_per_package: string | null
}

/** Whose products; `mark` is that of its own ids, where they were told already. */
export type Buyer = Pick<Principal, 'tenant_id' | 'principal_id' | 'sandbox' | 'allowed_product_ids'> & {
  mark?: string
}

/** Everything on sale to this principal, as alias `p`, with pricing in the same row. Money stays text inside JSON. */
export function selectProducts(db: ReadDb, principal: Buyer) {
  return db
    .selectFrom('products as p')
    .where('p.tenant_id', '=', principal.tenant_id)
    .where('p.archived_at', 'is', null)
    .where(mayKnow(principal))
    .where(notReplaced(principal))
    .where(hasKnownFormat(principal))
}

export const productColumns = [
  'p.product_id',
  'p.name',
  'p.description',
  'p.publisher_properties',
  'p.channels',
  'p.countries',
  knownFormats.as('format_ids'),
  'p.delivery_type',
  'p.reporting_capabilities',
  'p.details',
  sql<PricingOptionRow[]>`(
    select coalesce(json_agg(json_build_object(
      'pricing_option_id', o.pricing_option_id, 'pricing_model', o.pricing_model, 'currency', o.currency,
      'fixed_price', o.fixed_price::text, 'floor_price', o.floor_price::text, 'max_bid', o.max_bid,
      'price_guidance', o.price_guidance, 'parameters', o.parameters,
      'min_spend_per_package', o.min_spend_per_package::text) order by o.position, o.pricing_option_id), '[]')
    from pricing_options o where o.tenant_id = p.tenant_id and o.product_id = p.product_id)`.as(
    'pricing_options',
  ),
] as const

export interface ProductRow {
  product_id: string
  name: string
  description: string
  publisher_properties: unknown
  channels: string[]
  countries: string[]
  format_ids: unknown
  delivery_type: string
  reporting_capabilities: unknown
  details: unknown
  pricing_options: PricingOptionRow[]
}

/** A product as AdCP writes it (core/product.json). */
export function toProduct(
  row: ProductRow,
  version: AdcpVersion,
  relevance?: string,
): Record<string, unknown> {
  const { countries, details, pricing_options, ...product } = row
  const { ext, ...rest } = details as { ext?: object }
  const reporting = product.reporting_capabilities as { available_metrics?: string[] }
  return {
    product_id: product.product_id,
    name: product.name,
    ...(relevance && { brief_relevance: relevance }),
    description: product.description,
    publisher_properties: product.publisher_properties,
    ...(product.channels.length > 0 && { channels: product.channels }),
    format_ids: product.format_ids,
    delivery_type: product.delivery_type,
    pricing_options: pricing_options.map(toPricingOption),
    reporting_capabilities: {
      ...reporting,
      ...(reporting.available_metrics && {
        available_metrics: metricsFor(version, reporting.available_metrics),
      }),
    },
    ...rest,
    ...((ext || countries.length > 0) && {
      ext: { ...ext, ...(countries.length > 0 && { salesdesk: { countries } }) },
    }),
  }
}

function toPricingOption(option: PricingOptionRow): Record<string, unknown> {
  const {
    pricing_option_id,
    pricing_model,
    currency,
    fixed_price,
    floor_price,
    max_bid,
    price_guidance,
    parameters,
  } = option
  return {
    pricing_option_id,
    pricing_model,
    currency,
    ...(fixed_price !== null && { fixed_price: Number(fixed_price) }),
    ...(floor_price !== null && { floor_price: Number(floor_price) }),
    ...(max_bid && { max_bid }),
    ...(price_guidance && { price_guidance }),
    // cpa is the one model whose parameters stand beside the price (pricing-options/cpa-option.json)
    ...(parameters && (pricing_model === 'cpa' ? parameters : { parameters })),
    ...(option.min_spend_per_package !== null && {
      min_spend_per_package: Number(option.min_spend_per_package),
    }),
  }
}
