import { CreativeAgent, findAgent } from './creative_agent_schema.ts'
import { checkCapacity } from './check_capacity.ts'
import { checkPolicy } from './check_policy.ts'
import { checkProposals } from './check_proposals.ts'
import { findFormat } from './format_refs.ts'
import { Format } from './format_schema.ts'
import type { PricingOption } from './pricing_schema.ts'
import { Product, type PublisherProperties } from './product_schema.ts'
import { type Path, type Problem, spellPath, unknown } from './publisher_file_error.ts'
import { Account, Principal, Publisher, Tenant } from './tenant_schema.ts'
import { type Sound, soundItems, writtenIds, writtenItems } from './written_items.ts'

/** What no single part of the file can know: ids used once, references that lead somewhere, prices the tenant can take. */
export function crossCheck(file: unknown): Problem[] {
  const tenant = Tenant.safeParse((file as { tenant?: unknown } | null)?.tenant).data
  const products = soundItems(Product, file, 'products')
  return [
    ...repeated(writtenItems(file, 'connections'), ['connection_id']),
    ...repeated(writtenItems(file, 'publishers'), ['publisher_domain']),
    ...repeated(writtenItems(file, 'creative_agents'), ['creative_agent_id']),
    ...repeated(soundItems(CreativeAgent, file, 'creative_agents'), ['agent_url']),
    ...repeated(writtenItems(file, 'formats'), ['format_id', 'agent_url']),
    ...repeated(writtenItems(file, 'products'), ['product_id']),
    ...repeated(writtenItems(file, 'proposals'), ['proposal_id']),
    ...checkProposals(file, products),
    ...repeated(writtenItems(file, 'principals'), ['principal_id']),
    ...repeated(writtenItems(file, 'principals'), ['name']),
    ...repeated(writtenItems(file, 'accounts'), ['account_id']),
    ...repeated(soundItems(Account, file, 'accounts'), ['brand_domain', 'brand_id', 'operator', 'sandbox']),
    ...soundItems(Publisher, file, 'publishers').flatMap(checkProperties),
    ...products.flatMap((product) => checkPrices(product, tenant?.currencies)),
    ...products.flatMap(checkCapacity),
    ...products.flatMap((product) => checkDates(product)),
    ...checkFormats(file, products, tenant?.agent_url),
    ...checkInventory(file, products),
    ...checkPeople(file),
    ...checkPolicy(file, tenant),
  ]
}

/** Two items of one list that agree in all of `keys`; the later one is the problem. */
function repeated(items: readonly Sound<object>[], keys: readonly string[]): Problem[] {
  const seen = new Map<string, Path>()
  return items.flatMap(({ at, value }) => {
    const named = keys.map((key) => (value as Record<string, unknown>)[key])
    if (named[0] === undefined) return []
    const earlier = seen.get(JSON.stringify(named))
    if (!earlier) seen.set(JSON.stringify(named), at)
    const message = `${JSON.stringify(named[0])} is already taken by ${spellPath(earlier ?? [])}`
    return earlier ? [{ path: [...at, keys[0] ?? ''], message }] : []
  })
}

function checkProperties({ at, value }: Sound<Publisher>): Problem[] {
  const properties = value.properties.map((property, index) => ({
    at: [...at, 'properties', index],
    value: property,
  }))
  return repeated(properties, ['property_id'])
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
  file: unknown,
  products: readonly Sound<Product>[],
  agent_url: string | undefined,
): Problem[] {
  const formats = soundItems(Format, file, 'formats').map(({ value }) => value)
  const written = writtenIds(file, 'formats', 'format_id')
  const agents = soundItems(CreativeAgent, file, 'creative_agents').map(({ value }) => value)
  return products.flatMap(({ at, value }) =>
    value.format_ids.flatMap((ref, index): Problem[] => {
      const path = [...at, 'format_ids', index]
      // which formats an agent has is not the file's to know
      if ('agent_url' in ref && ref.agent_url && findAgent(agents, ref.agent_url)) return []
      if (!written.has(ref.id)) return [unknown(path, ref.id, 'formats')]
      if (
        !agent_url ||
        !formats.some(({ format_id }) => format_id === ref.id) ||
        findFormat(formats, ref, agent_url)
      )
        return []
      return [
        {
          path,
          message: `needs the agent_url of the format "${ref.id}" that is meant; formats has none, or several, that fit`,
        },
      ]
    }),
  )
}

function checkInventory(file: unknown, products: readonly Sound<Product>[]): Problem[] {
  const connections = writtenIds(file, 'connections', 'connection_id')
  const domains = writtenIds(file, 'publishers', 'publisher_domain')
  const publishers = new Map(
    soundItems(Publisher, file, 'publishers').map(({ value }) => [value.publisher_domain, value]),
  )
  return products.flatMap(({ at, value: { connection_id, publisher_properties } }) => [
    ...(connection_id && !connections.has(connection_id)
      ? [unknown([...at, 'connection_id'], connection_id, 'connections')]
      : []),
    ...publisher_properties.flatMap((selector, index) => {
      const path = [...at, 'publisher_properties', index]
      if (!domains.has(selector.publisher_domain))
        return [unknown(path, selector.publisher_domain, 'publishers')]
      const publisher = publishers.get(selector.publisher_domain)
      return publisher ? checkSelector(selector, publisher, path) : []
    }),
  ])
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

function checkPeople(file: unknown): Problem[] {
  const product_ids = writtenIds(file, 'products', 'product_id')
  const connections = writtenIds(file, 'connections', 'connection_id')
  const principals = writtenIds(file, 'principals', 'principal_id')
  return [
    ...soundItems(Principal, file, 'principals').flatMap(({ at, value }) => [
      ...missing(value.allowed_product_ids ?? [], product_ids, [...at, 'allowed_product_ids'], 'products'),
      ...unmapped(value.platform_mappings, connections, at),
    ]),
    ...soundItems(Account, file, 'accounts').flatMap(({ at, value }) => [
      ...missing(value.principals, principals, [...at, 'principals'], 'principals'),
      ...unmapped(value.platform_mappings, connections, at),
    ]),
    ...sharedAdvertisers(soundItems(Account, file, 'accounts'), connections),
  ]
}

const unmapped = (mappings: Record<string, string>, connections: ReadonlySet<string>, at: Path) =>
  Object.keys(mappings)
    .filter((id) => !connections.has(id))
    .map((id) => unknown([...at, 'platform_mappings', id], id, 'connections'))

/** An advertiser is one account's: what people book for it is listed to that one's buyers. */
function sharedAdvertisers(accounts: readonly Sound<Account>[], connections: ReadonlySet<string>): Problem[] {
  const mappings = accounts.map(({ at, value }) => ({
    at: [...at, 'platform_mappings'],
    value: value.platform_mappings,
  }))
  return [...connections].flatMap((connection_id) => repeated(mappings, [connection_id]))
}

function missing(ids: readonly string[], known: ReadonlySet<string>, at: Path, list: string): Problem[] {
  return ids.flatMap((id, index) => (known.has(id) ? [] : [unknown([...at, index], id, list)]))
}
