import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import { findAgent } from './creative_agent_schema.ts'
import { agentOf, findFormat } from './format_refs.ts'
import { detailNames, type Product } from './product_schema.ts'
import type { PublisherFile } from './publisher_file.ts'
import { searchTerms } from './search_terms.ts'
import { archiveOthers, deleteOthers, type Row, upsertRows } from './upsert_rows.ts'

const productKey = ['tenant_id', 'product_id'] as const
const priceKey = ['tenant_id', 'product_id', 'pricing_option_id'] as const
/** What holds for reporting when the file says nothing. */
const usualReporting = {
  available_reporting_frequencies: ['daily'],
  expected_delay_minutes: 240,
  timezone: 'UTC',
  supports_webhooks: true,
  available_metrics: ['impressions', 'spend', 'clicks'],
  date_range_support: 'date_range',
}

/** The products and their prices. A product the file no longer has is archived: buys may still refer to it. */
export async function saveProducts(trx: Trx, file: PublisherFile): Promise<number> {
  const { tenant_id } = file.tenant
  const products = file.products.map((product) => productRow(product, file))
  const prices = file.products.flatMap((product) => priceRows(product, tenant_id))
  const product_ids = file.products.map(({ product_id }) => product_id)
  const scope = sql`tenant_id = ${tenant_id} and product_id = any(${product_ids})`
  return (
    (await upsertRows(trx, 'products', productKey, products, { stampUpdates: true })) +
    (await archiveOthers(trx, 'products', productKey, products, tenant_id)) +
    (await upsertRows(trx, 'pricing_options', priceKey, prices)) +
    (await deleteOthers(trx, 'pricing_options', priceKey, prices, scope))
  )
}

function productRow(product: Product, file: PublisherFile): Row<'products'> {
  return {
    tenant_id: file.tenant.tenant_id,
    product_id: product.product_id,
    connection_id: product.connection_id ?? file.connections[0]?.connection_id ?? '',
    name: product.name,
    description: product.description.trim(),
    delivery_type: product.delivery_type,
    approval_policy: product.approval_policy ?? (product.delivery_type === 'guaranteed' ? 'person' : 'auto'),
    channels: product.channels,
    countries: product.countries,
    publisher_properties: product.publisher_properties,
    format_ids: formatIds(product, file),
    keywords: product.keywords,
    search_terms: searchTerms(product, file),
    available_from: product.available_from ?? null,
    available_until: product.available_until ?? null,
    min_flight_days: product.min_flight_days,
    lead_days: product.lead_days,
    daily_capacity: product.daily_capacity ?? null,
    reporting_capabilities: {
      ...usualReporting,
      ...file.tenant.reporting_capabilities,
      ...product.reporting_capabilities,
    },
    details: {
      measurement_terms: file.tenant.measurement_terms,
      performance_standards: file.tenant.performance_standards,
      ...Object.fromEntries(detailNames.map((name) => [name, product[name]]).filter(([, value]) => value)),
    },
    ad_server_config: product.ad_server_config,
    archived_at: null,
  }
}

/** AdCP's structured format ids: agent first, then what the reference adds to the id. */
function formatIds({ format_ids }: Product, { creative_agents, formats, tenant }: PublisherFile) {
  return format_ids.map((ref) => {
    const format = findFormat(formats, ref, tenant.agent_url)
    const agent = 'agent_url' in ref && ref.agent_url ? findAgent(creative_agents, ref.agent_url) : undefined
    const agent_url = format ? agentOf(format, tenant.agent_url) : (agent?.agent_url ?? tenant.agent_url)
    return { ...ref, agent_url }
  })
}

function priceRows({ product_id, pricing_options }: Product, tenant_id: string): Row<'pricing_options'>[] {
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
  }))
}
