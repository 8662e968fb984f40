import type { PlainSchema } from '../../../src/mcp/input_schema.ts'
import type { Tool } from '../../../src/tools/define-tool.ts'
import type { Args } from '../desk.ts'
import type { Things } from './things.ts'

/** What each field that takes an id takes the id of. A field of a tool that is named nowhere here fails the test. */
export const holds: Readonly<Record<string, keyof Things>> = {
  account_id: 'account_id',
  media_buy_id: 'media_buy_id',
  media_buy_ids: 'media_buy_id',
  package_id: 'package_id',
  assigned_to_packages: 'package_id',
  creative_id: 'creative_id',
  creative_ids: 'creative_id',
  task_id: 'task_id',
  task_ids: 'task_id',
  context_id: 'context_id',
  proposal_id: 'proposal_id',
  product_id: 'product_id',
  cursor: 'cursor',
  idempotency_key: 'idempotency_key',
}
/** Fields that look like ids and open nothing, and why. */
const harmless: Readonly<Record<string, string>> = {
  id: 'a format: the publisher tells everybody which it takes',
  property_id: 'a property: the publisher tells everybody which it sells',
  placement_ids: 'placements of a product the buyer may know of',
  pricing_option_id: 'a price of a product the buyer may know of',
  brand_id: 'the buyer’s own word',
  plan_id: 'the buyer’s own word',
  operation_id: 'the buyer’s own word',
  io_id: 'of the proposal in the same call',
  vat_id: 'the buyer’s own word',
  tax_id: 'the buyer’s own word',
  list_id: 'of a list elsewhere that nobody here fetches',
  auth_token: 'for a list elsewhere that nobody here fetches',
  token: 'the buyer’s own secret for its webhooks',
}

/** A tool that reads keeps nothing under a key and looks for nothing under it. */
export const opensNothing = (field: string, kind: Tool['kind']): boolean =>
  nameOf(field) in harmless || (nameOf(field) === 'idempotency_key' && kind !== 'write')

const looksLikeAnId = /(^|_)(ids?|cursor|token|key|packages)$/

/** Every field of a tool's input that looks as if it took an id: `filters.accounts[].account_id`. */
export function idFields(schema: PlainSchema, at = ''): string[] {
  const inside = schema.type === 'array' ? idFields(schema.items ?? {}, `${at}[]`) : []
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const path = at === '' ? name : `${at}.${name}`
    const leaf = (property.type === 'array' ? property.items : property)?.properties === undefined
    const found = leaf && looksLikeAnId.test(name) ? [property.type === 'array' ? `${path}[]` : path] : []
    return [...found, ...idFields(property, path)]
  })
  return [...inside, ...named]
}

export const nameOf = (field: string): string => field.replaceAll('[]', '').split('.').at(-1) ?? ''

/** The same, of what a call says. */
export function idsSaid(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => idsSaid(item, `${at}[]`))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([name, item]) => idsSaid(item, at === '' ? name : `${at}.${name}`))
  return nameOf(at) in holds ? [at] : []
}

/** The call with this id in that field, wherever it stands. */
export function withId(value: unknown, field: string, id: string, at = ''): unknown {
  if (at === field) return id
  if (Array.isArray(value)) return value.map((item) => withId(item, field, id, `${at}[]`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as Args).map(([name, item]) => [
      name,
      withId(item, field, id, at === '' ? name : `${at}.${name}`),
    ]),
  )
}
