import { stringify } from 'yaml'
import type { WrittenProduct } from '../../../seed/written_product.ts'
import { pickedOf, type Picked } from './picked.ts'

/** A product as somebody types it: what the fields of the form hold, right or wrong. */
export interface Draft {
  product_id: string
  name: string
  description: string
  delivery_type: string
  approval_policy: string
  connection_id: string
  channels: string[]
  countries: string
  /** `domain`, `domain property_id` or `domain #tag`. */
  places: string[]
  /** JSON of a reference as the publisher file has it. */
  formats: string[]
  keywords: string
  available_from: string
  available_until: string
  min_flight_days: string
  lead_days: string
  daily_capacity: string
  prices: PriceDraft[]
  /** What is left of `ad_server_config` besides what was picked, in YAML. */
  ad_server_config: string
  ad_units: string[]
  placements: string[]
  /** All other fields of a product, in YAML. */
  terms: string
}
export interface PriceDraft {
  pricing_option_id: string
  pricing_model: string
  currency: string
  kind: string
  amount: string
  min_spend_per_package: string
  /** Further words of the price, in YAML. */
  terms: string
}

type Words = Readonly<Record<string, unknown>>
const texts = [
  'product_id',
  'name',
  'description',
  'delivery_type',
  'approval_policy',
  'connection_id',
] as const
const figures = [
  'available_from',
  'available_until',
  'min_flight_days',
  'lead_days',
  'daily_capacity',
] as const

/** The form for a product that is there. */
export function draftOf(written: WrittenProduct, picked: Picked): Draft {
  const { channels, countries, publisher_properties, format_ids, keywords, pricing_options, ...rest } =
    written as Words
  const { ad_server_config = {}, ...other } = rest
  const config = ad_server_config as Words
  const fields = Object.values(picked).map(({ field }) => field)
  const pickedIds = (kind: keyof Picked) => pickedOf(config[picked[kind]?.field ?? ''], picked[kind])
  return {
    ...(Object.fromEntries([...texts, ...figures].map((name) => [name, text(written[name])])) as Record<
      (typeof texts)[number] | (typeof figures)[number],
      string
    >),
    channels: list(channels) as string[],
    countries: list(countries).join(', '),
    places: list(publisher_properties).flatMap(placesOf),
    formats: list(format_ids).map((ref) => JSON.stringify(ref)),
    keywords: list(keywords).join(', '),
    prices: (pricing_options as Words[]).map(priceOf),
    ad_units: pickedIds('ad_units'),
    placements: pickedIds('placements'),
    ad_server_config: yaml(without(config, fields)),
    terms: yaml(without(other, [...texts, ...figures])),
  }
}

/** The form for a product that is not there yet. */
export const emptyDraft = (currency: string, connection_id: string): Draft => ({
  ...(Object.fromEntries([...texts, ...figures].map((name) => [name, ''])) as Pick<
    Draft,
    (typeof texts)[number] | (typeof figures)[number]
  >),
  delivery_type: 'non_guaranteed',
  connection_id,
  channels: [],
  countries: '',
  places: [],
  formats: [],
  keywords: '',
  prices: [emptyPrice(currency)],
  ad_units: [],
  placements: [],
  ad_server_config: '',
  terms: '',
})

/** The form with an id, made of the name where none was typed: `Façade & Co` is `facade_co`. */
export const identified = (draft: Draft): Draft =>
  draft.product_id === '' ? { ...draft, product_id: idOf(draft.name) } : draft

const idOf = (name: string) =>
  name
    .normalize('NFKD')
    .replaceAll('ß', 'ss')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 100)
    .replaceAll(/^_+|_+$/g, '')

export const emptyPrice = (currency: string): PriceDraft => ({
  pricing_option_id: '',
  pricing_model: 'cpm',
  currency,
  kind: 'fixed',
  amount: '',
  min_spend_per_package: '',
  terms: '',
})

const text = (value: unknown) =>
  typeof value === 'number' ? String(value) : typeof value === 'string' ? value : ''
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const without = (words: Words, names: readonly string[]): Words =>
  Object.fromEntries(Object.entries(words).filter(([name]) => !names.includes(name)))
const yaml = (words: Words) => (Object.keys(words).length === 0 ? '' : stringify(words))

function placesOf(selector: unknown): string[] {
  if (typeof selector === 'string') return [selector]
  const { publisher_domain, property_ids = [], property_tags = [] } = selector as Record<string, string[]>
  return [
    ...property_ids.map((id) => `${String(publisher_domain)} ${id}`),
    ...property_tags.map((tag) => `${String(publisher_domain)} #${tag}`),
  ]
}

const inForm = ['pricing_option_id', 'pricing_model', 'currency', 'min_spend_per_package']

function priceOf(price: Words): PriceDraft {
  const { fixed_price, floor_price } = price
  const of = (name: string) => text(price[name])
  return {
    ...emptyPrice(of('currency')),
    pricing_option_id: of('pricing_option_id'),
    pricing_model: of('pricing_model'),
    min_spend_per_package: of('min_spend_per_package'),
    kind: fixed_price === undefined ? 'auction' : 'fixed',
    amount: text(fixed_price ?? floor_price),
    terms: yaml(without(price, [...inForm, 'fixed_price', 'floor_price'])),
  }
}
