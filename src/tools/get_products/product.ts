import { sql } from 'kysely'
import { metricsFor } from '../../adcp/metrics.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import type { ReadDb } from '../../db/database.ts'
import type { DeliveryType, PricingModel } from '../../db/schema.ts'
import type { OfferPrice } from '../../commands/media_buy_terms/offer.ts'
import { hasKnownFormat, knownFormats } from '../../queries/known_formats.ts'
import { mayKnow, notReplaced, type Closed } from '../../queries/on_sale.ts'
import type { Principal } from '../define-tool.ts'

type Duration = Pick<OfferPrice, 'time_unit' | 'min_duration' | 'max_duration'>
export interface PricingOptionRow {
  pricing_option_id: string
  pricing_model: PricingModel
  currency: string
  fixed_price: string | null
  floor_price: string | null
  max_bid: boolean
  price_guidance: Record<string, number> | null
  parameters: (Record<string, unknown> & Partial<Duration>) | null
  min_spend_per_package: string | null
}

/** Whose products; `mark` is that of its own ids, where they were told already. */
export type Buyer = Pick<Principal, 'tenant_id' | 'principal_id' | 'sandbox' | 'allowed_product_ids'> & {
  mark?: string
  closed?: Closed
}

/** Everything on sale to this principal, as alias `p`, with pricing in the same row. Money stays text inside JSON. */
export function selectProducts(db: ReadDb, principal: Buyer) {
  return db
    .selectFrom('products as p')
    .where('p.tenant_id', '=', principal.tenant_id)
    .where('p.archived_at', 'is', null)
    .where(mayKnow(principal))
    .where(notReplaced(principal))
    .$if(!principal.closed || principal.closed.formats, (q) => q.where(hasKnownFormat(principal)))
}

const allFormats: typeof knownFormats = sql`p.format_ids`

const columns = [
  'p.product_id',
  'p.name',
  'p.description',
  'p.publisher_properties',
  'p.channels',
  'p.countries',
  'p.delivery_type',
  'p.reporting_capabilities',
  'p.details',
  'p.connection_id',
  sql<PricingOptionRow[]>`(select coalesce(json_agg(o), '[]') from (
    select pricing_option_id, pricing_model, currency, fixed_price::text, floor_price::text, max_bid, price_guidance, parameters,
      min_spend_per_package::text
    from pricing_options where tenant_id = p.tenant_id and product_id = p.product_id order by position, pricing_option_id) o)`.as(
    'pricing_options',
  ),
] as const

/** What an answer says of a product `p`; where no creative agent tells of formats, all of them are known. */
export const productColumns = ({ closed }: Buyer) =>
  [...columns, (closed?.formats === false ? allFormats : knownFormats).as('format_ids')] as const

export interface ProductRow {
  product_id: string
  name: string
  description: string
  publisher_properties: unknown
  channels: string[]
  countries: string[]
  format_ids: unknown
  delivery_type: DeliveryType
  reporting_capabilities: unknown
  details: unknown
  connection_id: string
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
