import { checkCapacity } from './check_capacity.ts'
import { findAgent } from './creative_agent_schema.ts'
import { findFormat } from './format_refs.ts'
import type { PricingOption } from './pricing_schema.ts'
import type { Product, PublisherProperties } from './product_schema.ts'
import { type Path, type Problem, unknown } from './publisher_file_error.ts'
import { repeated } from './repeated.ts'
import type { Shop } from './shop.ts'
import type { Publisher } from './tenant_schema.ts'
import type { Sound } from './written_items.ts'

/** What products may point at. Of a file with problems it is what is sound, beside every id that is written. */
export interface Surroundings extends Pick<Shop, 'publishers' | 'creative_agents'> {
  /** Undefined where nobody can say. */
  currencies: Shop['currencies'] | undefined
  formats: Shop['formats'] | undefined
  connection_ids: ReadonlySet<string>
  publisher_domains: ReadonlySet<string>
  format_ids: ReadonlySet<string>
}

/** The surroundings of a product in a shop that is sound. */
export const surroundingsOf = (shop: Shop): Surroundings => ({
  ...shop,
  connection_ids: new Set(shop.connection_ids),
  publisher_domains: new Set(shop.publishers.map(({ publisher_domain }) => publisher_domain)),
  format_ids: new Set(shop.formats.map(({ format_id }) => format_id)),
})

/** What no product alone can know: prices it can be sold at here, references that lead somewhere. */
export function checkProduct(product: Sound<Product>, around: Surroundings): Problem[] {
  return [
    ...checkPrices(product, around.currencies),
    ...checkCapacity(product),
    ...checkDates(product),
    ...checkFormats(product, around),
    ...checkInventory(product, around),
  ]
}

function checkPrices(
  { at, value: product }: Sound<Product>,
  currencies: readonly string[] | undefined,
): Problem[] {
  const options = product.pricing_options.map((option, index) => ({
    at: [...at, 'pricing_options', index],
    value: option,
  }))
  return [
    ...repeated(options, ['pricing_option_id']),
    ...options.flatMap((option) => checkCurrency(option, currencies)),
    ...options
      .filter(({ value }) => product.delivery_type === 'guaranteed' && value.fixed_price === undefined)
      .map(({ at: path }) => ({ path, message: 'needs a fixed price, because the product is guaranteed' })),
  ]
}

function checkCurrency(
  { at, value }: Sound<PricingOption>,
  currencies: readonly string[] | undefined,
): Problem[] {
  if (!currencies || currencies.includes(value.currency)) return []
  const message = `is in ${value.currency}, but tenant.currencies are ${currencies.join(', ')}. Add it there or use one of them`
  return [{ path: at, message }]
}

function checkDates({ at, value: { available_from, available_until } }: Sound<Product>): Problem[] {
  if (!available_from || !available_until || Date.parse(available_from) < Date.parse(available_until))
    return []
  return [{ path: [...at, 'available_until'], message: 'is before available_from' }]
}

function checkFormats(
  { at, value }: Sound<Product>,
  { formats, format_ids, creative_agents }: Surroundings,
): Problem[] {
  return value.format_ids.flatMap((ref, index): Problem[] => {
    const path = [...at, 'format_ids', index]
    // which formats an agent has is not the publisher's to know
    if ('agent_url' in ref && ref.agent_url && findAgent(creative_agents, ref.agent_url)) return []
    if (!format_ids.has(ref.id)) return [unknown(path, ref.id, 'formats')]
    if (!formats?.some(({ format_id }) => format_id === ref.id) || findFormat(formats, ref)) return []
    const message = `needs the agent_url of the format "${ref.id}" that is meant; formats has none, or several, that fit`
    return [{ path, message }]
  })
}

function checkInventory(
  { at, value: { connection_id, publisher_properties } }: Sound<Product>,
  { connection_ids, publisher_domains, publishers }: Surroundings,
): Problem[] {
  return [
    ...(connection_id && !connection_ids.has(connection_id)
      ? [unknown([...at, 'connection_id'], connection_id, 'connections')]
      : []),
    ...publisher_properties.flatMap((selector, index) => {
      const path = [...at, 'publisher_properties', index]
      const { publisher_domain } = selector
      if (!publisher_domains.has(publisher_domain)) return [unknown(path, publisher_domain, 'publishers')]
      const publisher = publishers.find((one) => one.publisher_domain === publisher_domain)
      return publisher ? checkSelector(selector, publisher, path) : []
    }),
  ]
}

function checkSelector(
  selector: PublisherProperties,
  { publisher_domain, properties }: Publisher,
  at: Path,
): Problem[] {
  if (selector.selection_type === 'all') return []
  const [key, wanted, there] =
    selector.selection_type === 'by_id'
      ? (['property_ids', selector.property_ids, properties.map(({ property_id }) => property_id)] as const)
      : (['property_tags', selector.property_tags, properties.flatMap(({ tags }) => tags)] as const)
  return wanted.flatMap((word, index) =>
    there.includes(word) ? [] : [unknown([...at, key, index], word, `the properties of ${publisher_domain}`)],
  )
}
