import { parse } from 'yaml'
import { spellPath, type Problem } from '../../../seed/publisher_file_error.ts'
import type { Problems } from '../../problems.ts'
import type { Draft, PriceDraft } from './draft.ts'
import { fieldOf, type Picked } from './picked.ts'

type Words = Record<string, unknown>

/** What the form says, in the words of the publisher file; and what cannot even be read, by the name of its field. */
export function writtenOf(
  draft: Draft,
  picked: Picked,
): { written: { product_id: string } & Words; unreadable: Problems } {
  const unreadable: Problems = {}
  const words = (name: string, text: string) => readWords(text, (problem) => (unreadable[name] = problem))
  const config = words('ad_server_config', draft.ad_server_config)
  for (const kind of ['ad_units', 'placements'] as const) {
    const at = picked[kind]
    if (at && draft[kind].length > 0) config[at.field] = fieldOf(draft[kind], at)
  }
  const written = {
    product_id: draft.product_id,
    ...given({
      name: draft.name,
      description: draft.description.replaceAll('\r\n', '\n'),
      delivery_type: draft.delivery_type,
      approval_policy: draft.approval_policy,
      connection_id: draft.connection_id,
      available_from: draft.available_from,
      available_until: draft.available_until,
      min_flight_days: figure(draft.min_flight_days),
      lead_days: figure(draft.lead_days),
      daily_capacity: figure(draft.daily_capacity),
    }),
    channels: draft.channels,
    countries: listed(draft.countries.toUpperCase()),
    publisher_properties: selectorsOf(draft.places),
    format_ids: draft.formats.map(readRef),
    keywords: listed(draft.keywords),
    pricing_options: draft.prices.map((price, index) =>
      priceOf(price, words(`prices.${index}.terms`, price.terms)),
    ),
    ad_server_config: config,
    ...words('terms', draft.terms),
  }
  return { written, unreadable }
}

function priceOf({ kind, amount, terms: _terms, ...price }: PriceDraft, words: Words): Words {
  return {
    ...given({
      ...price,
      min_spend_per_package: figure(price.min_spend_per_package),
      [kind === 'fixed' ? 'fixed_price' : 'floor_price']: figure(amount),
    }),
    // an auction may do without a floor, a fixed price not without a price
    ...(kind === 'fixed' && amount === '' && { fixed_price: null }),
    ...words,
  }
}

const given = (words: Words): Words =>
  Object.fromEntries(Object.entries(words).filter(([, value]) => value !== '' && value !== undefined))
const listed = (text: string): string[] => text.split(/[,;\n]/).flatMap((word) => word.trim() || [])

/** A number if it is one; otherwise as it was typed, to be told what is wrong with it. */
function figure(text: string): string | number {
  const plain = text.replaceAll(/[\s,](?=\d{3}(\D|$))/g, '')
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : text
}

/** A domain that is ticked means all of it, whatever else is ticked of it. */
function selectorsOf(places: readonly string[]): unknown[] {
  const ticked = places.map((place) => place.split(' ') as [string, string?])
  return [...new Set(ticked.map(([domain]) => domain))].flatMap((publisher_domain): unknown[] => {
    const words = ticked.filter(([domain]) => domain === publisher_domain).map(([, word]) => word)
    if (words.includes(undefined)) return [publisher_domain]
    const property_ids = words.flatMap((word) => (word === undefined || word.startsWith('#') ? [] : word))
    const property_tags = words.flatMap((word) => (word?.startsWith('#') ? word.slice(1) : []))
    return [
      ...(property_ids.length > 0 ? [{ publisher_domain, property_ids }] : []),
      ...(property_tags.length > 0 ? [{ publisher_domain, property_tags }] : []),
    ]
  })
}

function readRef(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function readWords(text: string, complain: (problem: string) => void): Words {
  if (text.trim() === '') return {}
  try {
    const read: unknown = parse(text)
    if (typeof read === 'object' && read !== null && !Array.isArray(read)) return { ...read }
    complain('must be names and values, one a line, such as exclusivity: none')
  } catch (error) {
    complain(`cannot be read: ${error instanceof Error ? error.message.split('\n')[0] : 'it is not YAML'}`)
  }
  return {}
}

const itself = new Set([
  ...['product_id', 'name', 'description', 'delivery_type', 'approval_policy', 'connection_id', 'channels'],
  ...['countries', 'keywords', 'available_from', 'available_until', 'min_flight_days', 'lead_days'],
  ...['daily_capacity', 'ad_server_config'],
])
const fieldOfPrice: Record<string, string> = {
  pricing_option_id: 'pricing_option_id',
  pricing_model: 'pricing_model',
  currency: 'currency',
  min_spend_per_package: 'min_spend_per_package',
  fixed_price: 'amount',
  floor_price: 'amount',
}

/** Problems of a product by the field of the form they stand beside; several of one field in one text. */
export function problemsByField(problems: readonly Problem[]): Problems {
  const found: Problems = {}
  for (const { path, message } of problems) {
    const [field, rest] = placeOf(path)
    // which type it has to be is plain from the field
    const what = message.replace(/^is missing \(.*\)$/, 'is missing')
    const said = `${rest.length > 0 ? `${spellPath(rest)} ` : ''}${what}`
    found[field] = found[field] === undefined ? said : `${found[field]}; ${said}`
  }
  return found
}

function placeOf(path: Problem['path']): [string, Problem['path']] {
  const [first, index, part] = path.map(String)
  if (first === 'publisher_properties') return ['places', []]
  if (first === 'format_ids') return ['formats', []]
  if (first === 'pricing_options') {
    if (index === undefined) return ['prices', []]
    const field = part === undefined ? 'amount' : fieldOfPrice[part]
    return field ? [`prices.${index}.${field}`, []] : [`prices.${index}.terms`, path.slice(2)]
  }
  if (first === 'ad_server_config') return [first, path.slice(1)]
  return first !== undefined && itself.has(first) ? [first, []] : ['terms', path]
}
