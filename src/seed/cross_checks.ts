import { checkPolicy } from './check_policy.ts'
import { checkProduct, type Surroundings } from './check_products.ts'
import { checkProposals } from './check_proposals.ts'
import { CreativeAgent } from './creative_agent_schema.ts'
import { Format } from './format_schema.ts'
import { Product } from './product_schema.ts'
import { type Path, type Problem, unknown } from './publisher_file_error.ts'
import { repeated } from './repeated.ts'
import { Account, Principal, Publisher, Tenant } from './tenant_schema.ts'
import { type Sound, soundItems, writtenIds, writtenItems } from './written_items.ts'

/** What no single part of the file can know: ids used once, references that lead somewhere, prices the tenant can take. */
export function crossCheck(file: unknown): Problem[] {
  const tenant = Tenant.safeParse((file as { tenant?: unknown } | null)?.tenant).data
  const products = soundItems(Product, file, 'products')
  const around = surroundingsIn(file, tenant)
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
    ...products.flatMap((product) => checkProduct(product, around)),
    ...checkPeople(file),
    ...checkPolicy(file, tenant),
  ]
}

function surroundingsIn(file: unknown, tenant: Tenant | undefined): Surroundings {
  const formats = soundItems(Format, file, 'formats').map(({ value }) => value)
  const agent_url = tenant?.agent_url
  return {
    currencies: tenant?.currencies,
    connection_ids: writtenIds(file, 'connections', 'connection_id'),
    publisher_domains: writtenIds(file, 'publishers', 'publisher_domain'),
    publishers: soundItems(Publisher, file, 'publishers').map(({ value }) => value),
    format_ids: writtenIds(file, 'formats', 'format_id'),
    formats: agent_url
      ? formats.map((format) => ({ ...format, agent_url: format.agent_url ?? agent_url }))
      : undefined,
    creative_agents: soundItems(CreativeAgent, file, 'creative_agents').map(({ value }) => value),
  }
}

function checkProperties({ at, value }: Sound<Publisher>): Problem[] {
  const properties = value.properties.map((property, index) => ({
    at: [...at, 'properties', index],
    value: property,
  }))
  return repeated(properties, ['property_id'])
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
