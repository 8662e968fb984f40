import type { Problem } from './error.ts'

type Asset = Record<string, unknown>
interface Slot {
  asset_id: string
  asset_type: string
  required: boolean
  requirements?: Record<string, unknown>
}
interface Group {
  asset_group_id: string
  required: boolean
  min_count: number
  max_count: number
  assets: Omit<Slot, 'required'>[]
}
/** A creative format as far as a creative is checked against it. */
export interface FormatNeeds {
  name: string
  assets: ((Slot & { item_type: 'individual' }) | (Group & { item_type: 'repeatable_group' }))[]
}
export type Assets = Record<string, Asset | Asset[]>

/** Everything that keeps these assets from being what the format asks for: missing, unknown, of another type, size or length. */
export function fitProblems(field: string, assets: Assets, format: FormatNeeds): Problem[] {
  const known = format.assets.map(keyOf)
  const unknown = Object.keys(assets).filter((key) => !known.includes(key))
  return [
    ...format.assets.flatMap((slot) => slotProblems(`${field}.${keyOf(slot)}`, assets, slot, format.name)),
    ...unknown.map((key) =>
      unfit(`${field}.${key}`, `${format.name} has no such asset.`, `It takes: ${known.join(', ')}.`),
    ),
  ]
}

type Part = FormatNeeds['assets'][number]
const keyOf = (part: Part) => (part.item_type === 'individual' ? part.asset_id : part.asset_group_id)

function slotProblems(field: string, assets: Assets, part: Part, name: string): Problem[] {
  const key = keyOf(part)
  const given = Object.hasOwn(assets, key) ? [assets[key] ?? []].flat() : []
  const group = part.item_type === 'repeatable_group'
  const least = group ? part.min_count : 1
  const most = group ? part.max_count : 1
  if (given.length === 0 && (!part.required || least === 0)) return []
  if (given.length < least || given.length > most)
    return [
      unfit(
        field,
        `${name} takes ${least === most ? least : `${least} to ${most}`} of it; ${given.length} came.`,
        `Send ${typesOf(part)} assets under this name.`,
      ),
    ]
  return given.flatMap((asset, i) => assetProblems(group ? `${field}[${i}]` : field, asset, part))
}

const typesOf = (part: Part) =>
  part.item_type === 'individual'
    ? part.asset_type
    : part.assets.map(({ asset_type }) => asset_type).join(' or ')

function assetProblems(field: string, asset: Asset, part: Part): Problem[] {
  const wanted = part.item_type === 'individual' ? [part] : part.assets
  const slot = wanted.find(({ asset_type }) => asset_type === asset['asset_type'])
  if (!slot) return [unfit(`${field}.asset_type`, 'This is another kind of asset.', `Send ${typesOf(part)}.`)]
  const missing = contentProblem(field, slot.asset_type, asset)
  if (missing) return [missing]
  return Object.entries(slot.requirements ?? {}).flatMap(([word, limit]) => {
    const rule = limits[word]
    const value = rule?.measure(asset)
    if (!rule || typeof limit !== 'number' || value === undefined || rule.keeps(value, limit)) return []
    return [
      unfit(`${field}.${rule.at}`, `It is ${value}; ${word} is ${limit}.`, 'Bring one that keeps to it.'),
    ]
  })
}

const withUrl = ['image', 'video', 'audio', 'url', 'webhook']
const withContent = ['text', 'html', 'javascript', 'css', 'markdown']

function contentProblem(field: string, type: string, asset: Asset): Problem | undefined {
  const { url, content } = asset
  if ((withUrl.includes(type) || (url !== undefined && content === undefined)) && !isUrl(url))
    return unfit(`${field}.url`, 'Here a full address is needed.', 'Send a URL such as https://….')
  if (withContent.includes(type) && typeof content !== 'string')
    return unfit(`${field}.content`, 'The content is missing.', 'Send it as text.')
  if ((type === 'vast' || type === 'daast') && url === undefined && typeof content !== 'string')
    return unfit(`${field}.url`, 'The tag is missing.', 'Send url, or content.')
  if (type !== 'image' && type !== 'video') return undefined
  const side = (['width', 'height'] as const).find((name) => !isLength(asset[name]))
  return side && unfit(`${field}.${side}`, 'The size is missing.', 'Send width and height in pixels.')
}

const isUrl = (value: unknown) => typeof value === 'string' && URL.canParse(value)
const isLength = (value: unknown) => typeof value === 'number' && Number.isInteger(value) && value > 0

interface Limit {
  at: string
  measure(asset: Asset): number | undefined
  keeps(value: number, limit: number): boolean
}
const number = (at: string) => (asset: Asset) =>
  typeof asset[at] === 'number' ? Number(asset[at]) : undefined
const exactly = (value: number, limit: number) => value === limit
const atLeast = (value: number, limit: number) => value >= limit
const atMost = (value: number, limit: number) => value <= limit
const limit = (at: string, keeps: Limit['keeps'], measure: Limit['measure'] = number(at)) => ({
  at,
  measure,
  keeps,
})
const characters = ({ content }: Asset) => (typeof content === 'string' ? [...content].length : undefined)

/** The requirements a format may have that can be read off the asset object alone. */
const limits: Readonly<Record<string, Limit>> = {
  width: limit('width', exactly),
  height: limit('height', exactly),
  min_width: limit('width', atLeast),
  max_width: limit('width', atMost),
  min_height: limit('height', atLeast),
  max_height: limit('height', atMost),
  min_duration_ms: limit('duration_ms', atLeast),
  max_duration_ms: limit('duration_ms', atMost),
  min_length: limit('content', atLeast, characters),
  max_length: limit('content', atMost, characters),
}

const unfit = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
