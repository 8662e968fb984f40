import { stringify } from 'csv-stringify/sync'
import type { WrittenProduct } from './written_product.ts'

/** The columns of a table of products, in order; docs/console.md explains them. */
export const csvColumns = [
  'product_id',
  'name',
  'description',
  'delivery_type',
  'approval_policy',
  'connection_id',
  'channels',
  'countries',
  'publisher_properties',
  'format_ids',
  'keywords',
  'available_from',
  'available_until',
  'min_flight_days',
  'lead_days',
  'daily_capacity',
  'pricing_options',
  'ad_server_config',
  'further_terms',
] as const
export type CsvColumn = (typeof csvColumns)[number]

type Words = Readonly<Record<string, unknown>>

/** Products as a table for a spreadsheet: lists with `; ` between, and JSON where that would lose something. */
export function toCsv(products: readonly WrittenProduct[]): string {
  return stringify(
    products.map((product) => csvColumns.map((column) => cellOf(column, product))),
    // what begins like a formula would be one to a spreadsheet
    { header: true, columns: [...csvColumns], escape_formulas: true },
  )
}

function cellOf(column: CsvColumn, product: WrittenProduct): string {
  const value = product[column]
  switch (column) {
    case 'ad_server_config':
      return value === undefined ? '' : JSON.stringify(value)
    case 'further_terms':
      return furtherOf(product)
    case 'pricing_options':
      return listOf(value as Words[], priceInShort)
    case 'publisher_properties':
      return listOf(value as (string | Words)[], placeInShort)
    case 'channels':
    case 'countries':
    case 'keywords':
    case 'format_ids':
      return listOf((value ?? []) as unknown[], (item) =>
        typeof item === 'string' && !/[;[{]/.test(item) ? item : undefined,
      )
    default:
      return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  }
}

function furtherOf(product: WrittenProduct): string {
  const names: readonly string[] = csvColumns
  const further = Object.entries(product).filter(([name]) => !names.includes(name))
  return further.length === 0 ? '' : JSON.stringify(Object.fromEntries(further))
}

/** All in short, or all as JSON. */
function listOf<T>(items: readonly T[], short: (item: T) => string | undefined): string {
  const words = items.map(short)
  return words.includes(undefined) ? JSON.stringify(items) : words.join('; ')
}

/** `cpm EUR 18.5`, where that says all of it. */
function priceInShort(price: Words): string | undefined {
  const { pricing_option_id, pricing_model, currency, fixed_price, floor_price, ...rest } = price as Record<
    string,
    string | number | undefined
  >
  const how = fixed_price === undefined ? 'auction' : 'fixed'
  const usual = `${pricing_model}_${String(currency).toLowerCase()}_${how}`
  if (Object.keys(rest).length > 0 || pricing_option_id !== usual) return undefined
  if (fixed_price !== undefined) return `${pricing_model} ${currency} ${fixed_price}`
  return `${pricing_model} ${currency} ${floor_price === undefined ? 'auction' : `from ${floor_price}`}`
}

/** `news.example`, `news.example: web app` or `news.example: #sport`. */
function placeInShort(place: string | Words): string {
  if (typeof place === 'string') return place
  const {
    publisher_domain,
    property_ids = [],
    property_tags = [],
  } = place as {
    publisher_domain: string
    property_ids?: string[]
    property_tags?: string[]
  }
  return `${publisher_domain}: ${[...property_ids, ...property_tags.map((tag) => `#${tag}`)].join(' ')}`
}
