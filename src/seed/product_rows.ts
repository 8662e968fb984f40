import { findAgent } from './creative_agent_schema.ts'
import { findFormat } from './format_refs.ts'
import { detailNames, type Product } from './product_schema.ts'
import { searchTerms } from './search_terms.ts'
import type { ProductTerms, Shop } from './shop.ts'
import type { Row } from './upsert_rows.ts'

/** What holds for reporting when nobody says anything. */
const usualReporting = {
  available_reporting_frequencies: ['daily'],
  expected_delay_minutes: 240,
  timezone: 'UTC',
  supports_webhooks: true,
  available_metrics: ['impressions', 'spend', 'clicks'],
  date_range_support: 'date_range',
} as const

/** The reporting of a product that says nothing of it. */
export const reportingOf = ({ reporting_capabilities }: ProductTerms): Record<string, unknown> => ({
  ...usualReporting,
  ...reporting_capabilities,
})

/** A product as its row of `products`, without what says where it is kept. */
export function productRow(product: Product, shop: Shop) {
  const { measurement_terms, performance_standards } = shop.product_terms
  return {
    tenant_id: shop.tenant_id,
    product_id: product.product_id,
    connection_id: product.connection_id ?? shop.connection_ids[0] ?? '',
    name: product.name,
    description: product.description.trim(),
    delivery_type: product.delivery_type,
    approval_policy: product.approval_policy ?? (product.delivery_type === 'guaranteed' ? 'person' : 'auto'),
    channels: product.channels,
    countries: product.countries,
    publisher_properties: product.publisher_properties,
    format_ids: formatIds(product, shop),
    keywords: product.keywords,
    search_terms: searchTerms(product, shop),
    available_from: product.available_from ?? null,
    available_until: product.available_until ?? null,
    min_flight_days: product.min_flight_days,
    lead_days: product.lead_days,
    daily_capacity: product.daily_capacity ?? null,
    reporting_capabilities: { ...reportingOf(shop.product_terms), ...product.reporting_capabilities },
    details: {
      measurement_terms,
      performance_standards,
      ...Object.fromEntries(detailNames.map((name) => [name, product[name]]).filter(([, value]) => value)),
    },
    ad_server_config: product.ad_server_config,
    archived_at: null,
  } satisfies Row<'products'>
}

/** AdCP's structured format ids: agent first, then what the reference adds to the id. */
function formatIds({ format_ids }: Product, { creative_agents, formats }: Shop) {
  return format_ids.map((ref) => {
    const agent = 'agent_url' in ref && ref.agent_url ? findAgent(creative_agents, ref.agent_url) : undefined
    return { ...ref, agent_url: findFormat(formats, ref)?.agent_url ?? agent?.agent_url }
  })
}

/** The prices of a product as their rows of `pricing_options`, in order. */
export function priceRows({ product_id, pricing_options }: Product, tenant_id: string) {
  return pricing_options.map((option, position) => ({
    tenant_id,
    product_id,
    pricing_option_id: option.pricing_option_id,
    pricing_model: option.pricing_model,
    currency: option.currency,
    fixed_price: option.fixed_price ?? null,
    floor_price: 'floor_price' in option ? (option.floor_price ?? null) : null,
    max_bid: 'max_bid' in option && option.max_bid,
    price_guidance: 'price_guidance' in option ? (option.price_guidance ?? null) : null,
    parameters: 'parameters' in option ? (option.parameters ?? null) : null,
    min_spend_per_package: option.min_spend_per_package ?? null,
    position,
  })) satisfies Row<'pricing_options'>[]
}
