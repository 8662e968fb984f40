import { countryName } from './file_words.ts'
import { findFormat } from './format_refs.ts'
import type { Product, PublisherProperties } from './product_schema.ts'
import type { Shop } from './shop.ts'
import type { Publisher } from './tenant_schema.ts'
import { channelTerms, countryTerms, regions } from './vocabulary.ts'

/** The words a buyer may use for a product that its own name and keywords may lack, in lower case, each once. */
export function searchTerms(product: Product, shop: Shop): string[] {
  const terms = [
    ...product.channels.flatMap((channel) => channelTerms[channel]),
    ...placeTerms(product.countries),
    ...product.publisher_properties.flatMap((selector) => propertyTerms(selector, shop.publishers)),
    ...product.format_ids.flatMap((ref) => findFormat(shop.formats, ref)?.name ?? []),
  ]
  return [...new Set(terms.map((term) => term.toLowerCase()))]
}

function placeTerms(countries: readonly string[]): string[] {
  if (countries.length === 0) return ['worldwide', 'global', 'international']
  return [
    ...countries.flatMap((code) => [countryName(code) ?? code, ...(countryTerms[code] ?? [])]),
    ...Object.keys(regions).filter((region) => regions[region]?.some((code) => countries.includes(code))),
  ]
}

function propertyTerms(selector: PublisherProperties, publishers: readonly Publisher[]): string[] {
  const publisher = publishers.find(({ publisher_domain }) => publisher_domain === selector.publisher_domain)
  const properties = publisher?.properties.filter(({ property_id, tags }) => {
    if (selector.selection_type === 'all') return true
    if (selector.selection_type === 'by_id') return selector.property_ids.includes(property_id)
    return tags.some((tag) => selector.property_tags.includes(tag))
  })
  return [
    publisher?.name ?? '',
    ...(properties ?? []).flatMap(({ name, tags }) => [name, ...tags.map((tag) => tag.replaceAll('_', ' '))]),
  ]
}
