import { isDeepStrictEqual } from 'node:util'
import { findFormat } from './format_refs.ts'
import { priceRows, productRow, reportingOf } from './product_rows.ts'
import type { FormatRef, Product, PublisherProperties } from './product_schema.ts'
import type { Shop } from './shop.ts'

/** A product in the words of the publisher file, for `judgeProduct` to read again. */
export type WrittenProduct = { product_id: string; name: string } & Record<string, unknown>

type Time = Date | string | null
type Amount = string | number | null
/** A product as the database keeps it, or as `productRow` and `priceRows` make it. */
export interface KeptProduct {
  product_id: string
  name: string
  description: string
  delivery_type: string
  approval_policy: string
  connection_id: string
  channels: readonly string[]
  countries: readonly string[]
  publisher_properties: unknown
  format_ids: unknown
  keywords: readonly string[]
  available_from: Time
  available_until: Time
  min_flight_days: number
  lead_days: number
  daily_capacity: Amount
  reporting_capabilities: unknown
  details: unknown
  ad_server_config: unknown
  pricing_options: readonly KeptPrice[]
}
export interface KeptPrice {
  pricing_option_id: string
  pricing_model: string
  currency: string
  fixed_price: Amount
  floor_price: Amount
  min_spend_per_package: Amount
  max_bid: boolean
  price_guidance: unknown
  parameters: unknown
}

/** Says a product that is kept in the words of the publisher file, leaving out what goes without saying in this shop. */
export function writtenProduct(row: KeptProduct, shop: Shop): WrittenProduct {
  const { reporting_capabilities, details } = row as { reporting_capabilities: object; details: object }
  const usual = reportingOf(shop.product_terms)
  return {
    product_id: row.product_id,
    name: row.name,
    description: row.description,
    delivery_type: row.delivery_type,
    approval_policy: row.approval_policy,
    connection_id: row.connection_id,
    channels: row.channels,
    ...unless(row.countries.length === 0, { countries: row.countries }),
    publisher_properties: (row.publisher_properties as PublisherProperties[]).map(placesOf),
    format_ids: (row.format_ids as FormatRef[]).map((ref) => formatRef(ref, shop)),
    ...unless(row.keywords.length === 0, { keywords: row.keywords }),
    ...unless(row.available_from === null, { available_from: day(row.available_from, 0) }),
    ...unless(row.available_until === null, { available_until: day(row.available_until, -1) }),
    ...unless(row.min_flight_days === 1, { min_flight_days: row.min_flight_days }),
    ...unless(row.lead_days === 0, { lead_days: row.lead_days }),
    ...unless(row.daily_capacity === null, { daily_capacity: Number(row.daily_capacity) }),
    pricing_options: row.pricing_options.map(writtenPrice),
    ...differing('reporting_capabilities', differences(reporting_capabilities, usual)),
    ...differing('ad_server_config', row.ad_server_config as object),
    ...differences(details, shop.product_terms),
  }
}

/** The same of a product that is not kept (yet). */
export const asWritten = (product: Product, shop: Shop): WrittenProduct =>
  writtenProduct({ ...productRow(product, shop), pricing_options: priceRows(product, shop.tenant_id) }, shop)

function writtenPrice(price: KeptPrice) {
  const { pricing_option_id, pricing_model, currency, price_guidance, parameters, max_bid } = price
  const amounts = ['fixed_price', 'floor_price', 'min_spend_per_package'] as const
  return {
    pricing_option_id,
    pricing_model,
    currency,
    ...Object.fromEntries(
      amounts.flatMap((name) => (price[name] === null ? [] : [[name, Number(price[name])]])),
    ),
    ...(max_bid && { max_bid }),
    ...unless(!price_guidance, { price_guidance }),
    ...unless(!parameters, { parameters }),
  }
}

function placesOf({ selection_type, publisher_domain, ...chosen }: PublisherProperties) {
  return selection_type === 'all' ? publisher_domain : { publisher_domain, ...chosen }
}

/** The id alone, where nothing else could be meant. */
function formatRef(ref: FormatRef, { formats }: Shop): unknown {
  const { id, agent_url, ...parameters } = { agent_url: undefined, ...ref }
  const plain = Object.keys(parameters).length === 0 && findFormat(formats, { id })?.agent_url === agent_url
  return plain ? id : ref
}

/** A day where the moment is midnight, UTC; `shift` days from it. */
function day(time: Time, shift: number): string {
  const at = new Date(time ?? 0)
  if (at.getTime() % 86_400_000 !== 0) return at.toISOString()
  return new Date(at.getTime() + shift * 86_400_000).toISOString().slice(0, 10)
}

const unless = (left_out: boolean, said: object) => (left_out ? {} : said)
const differing = (name: string, said: object) => unless(Object.keys(said).length === 0, { [name]: said })

function differences(said: object, usual: object) {
  const known = usual as Record<string, unknown>
  return Object.fromEntries(
    Object.entries(said).filter(
      ([name, value]) => value !== undefined && !isDeepStrictEqual(value, known[name]),
    ),
  )
}
