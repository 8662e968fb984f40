import { officialSchema, resolveRef, type JsonSchema, type Release } from './adcp_schemas.ts'

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
/** Numbers from 0 to 1, the same ones for the same seed. */
export type Random = () => number

export function seeded(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T

/** Below this only what a schema requires is written. */
const DEEPEST = 7

/** A request that this release's schema mostly takes, at the edges of what it takes. */
export function requestOf(release: Release, name: string, random: Random): Json {
  const schema = officialSchema(release, name)?.schema as JsonSchema
  return new Writer(release, random).write(schema, schema, 0)
}

class Writer {
  private readonly release: Release
  private readonly random: Random
  constructor(release: Release, random: Random) {
    this.release = release
    this.random = random
  }

  write(written: JsonSchema, root: JsonSchema, depth: number): Json {
    if (written.$ref !== undefined) {
      const { schema, root: within } = resolveRef(this.release, written.$ref, root)
      return this.write(schema, within, depth)
    }
    const schema = this.choose(written, root)
    if (schema.const !== undefined) return schema.const as Json
    if (schema.enum) return pick(this.random, schema.enum) as Json
    const type = Array.isArray(schema.type) ? pick(this.random, schema.type) : schema.type
    switch (type) {
      case 'array':
        return this.list(schema, root, depth)
      case 'string':
        return textOf(schema, this.random)
      case 'integer':
      case 'number':
        return numberOf(schema, type, this.random)
      case 'boolean':
        return this.random() < 0.5
      case 'null':
        return null
      default:
        return this.object(schema, root, depth)
    }
  }

  /** One schema of all that must hold and of one form it may take. */
  private choose(schema: JsonSchema, root: JsonSchema): JsonSchema {
    const { oneOf, anyOf, allOf = [], ...rest } = schema
    const parts = [
      ...allOf,
      ...(oneOf ? [pick(this.random, oneOf)] : []),
      ...(anyOf ? [pick(this.random, anyOf)] : []),
    ]
    return parts.reduce<JsonSchema>((whole, part) => {
      const { schema: found, root: within } =
        part.$ref === undefined ? { schema: part, root } : resolveRef(this.release, part.$ref, root)
      const chosen = this.choose(found, within)
      return {
        ...whole,
        ...chosen,
        properties: { ...whole.properties, ...chosen.properties },
        required: [...(whole.required ?? []), ...(chosen.required ?? [])],
      }
    }, rest)
  }

  private list(schema: JsonSchema, root: JsonSchema, depth: number): Json[] {
    const { minItems = 0, maxItems = 3, items = {} } = schema
    const length = Math.min(maxItems, minItems + Math.floor(this.random() * 2))
    return Array.from({ length }, () => this.write(items, root, depth + 1))
  }

  private object(schema: JsonSchema, root: JsonSchema, depth: number): Json {
    const { properties = {}, required = [], patternProperties = {} } = schema
    const names = Object.keys(properties)
    const chance = depth >= DEEPEST ? 0 : Math.min(0.5, (depth === 0 ? 4 : 2.5) / Math.max(1, names.length))
    const written: Record<string, Json> = {}
    for (const name of new Set([...required, ...names])) {
      const property = properties[name]
      if (property === false || (!required.includes(name) && this.random() > chance)) continue
      written[name] = this.write(property === true || !property ? {} : property, root, depth + 1)
    }
    for (const [pattern, one] of Object.entries(patternProperties))
      written[textOf({ pattern }, this.random)] = this.write(one, root, depth + 1)
    return written
  }
}

function numberOf(schema: JsonSchema, type: string, random: Random): number {
  const low = schema.minimum ?? (schema.exclusiveMinimum === undefined ? 0 : schema.exclusiveMinimum + 1)
  const high = schema.maximum ?? low + 1000
  const inside = low + random() * (high - low)
  return pick(random, [low, high, type === 'integer' ? Math.floor(inside) : Math.round(inside * 100) / 100])
}

const pools: Record<string, readonly string[]> = {
  'date-time': ['2027-04-01T00:00:00Z', '2027-05-01T12:30:00.5+02:00', '2028-02-29T23:59:59-05:00'],
  date: ['2027-04-01', '2027-04-30'],
  uri: ['https://buyer.example/hook', 'https://a.example/x?y=1#z', 'http://127.0.0.1:8080/'],
  email: ['kim@buyer.example'],
}
/** Something for every pattern AdCP writes. */
const samples = (
  'acme.example a b1 agency-1.example USD EUR DE US US-CA 501 90210 en de-DE de 3.0 3.1 2027-04-01 09:00 23:30 net_30 abc_def ' +
  'a-key-of-sixteen-or-more #a1b2c3 1.0.0 1 12 1920x1080 12345678 image/png video/* text/html ABCDEFGHIJ I12 A1 Ab123 x:y ' +
  'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa DE89370400440532013000 sha256-abc https://a.example/x ' +
  'COBADEFFXXX /a/b utf-8 P1D 10:00 a.b_c en-US 0 00 0001 UTC Europe/Berlin'
).split(' ')

function textOf({ format, pattern, minLength = 0, maxLength }: JsonSchema, random: Random): string {
  if (pattern !== undefined) {
    const matching = samples.filter(
      (one) =>
        new RegExp(pattern, 'u').test(one) && one.length >= minLength && one.length <= (maxLength ?? 300),
    )
    return matching.length > 0 ? pick(random, matching) : 'no-sample'
  }
  const pool = format === undefined ? undefined : pools[format]
  if (pool) return pick(random, pool)
  const lengths = [Math.max(minLength, 1), minLength, Math.min(maxLength ?? minLength + 20, minLength + 20)]
  return 'x'.repeat(pick(random, maxLength === undefined ? lengths : [...lengths, Math.min(maxLength, 5000)]))
}

type Parent = { [key: string]: Json } | Json[]

/** Every place in a request, as its parent and its key. */
function places(value: Json, found: [Parent, string][] = []): [Parent, string][] {
  if (typeof value !== 'object' || value === null) return found
  for (const key of Object.keys(value)) {
    found.push([value, key])
    places((value as Record<string, Json>)[key] as Json, found)
  }
  return found
}

/** The request with one thing about it changed, somewhere. */
export function spoil(request: Json, random: Random): Json {
  const copy = structuredClone(request)
  const all = places(copy)
  if (all.length === 0) return { surprise: 1 }
  const [parent, key] = pick(random, all)
  const at = parent as Record<string, Json>
  const value = at[key] as Json
  const changes: (() => void)[] = [
    () => (Array.isArray(parent) ? parent.splice(Number(key), 1) : delete at[key]),
    () => (at[key] = pick<Json>(random, [null, 7.5, 'text', true, {}, [], ['text'], [{}]])),
    () => (Array.isArray(parent) ? parent.push(structuredClone(value)) : (at['surprise'] = 'x')),
  ]
  if (typeof value === 'number')
    changes.push(...[1, -1, 0.5, 1e12].map((by) => () => (at[key] = value + by)), () => (at[key] = 0))
  if (typeof value === 'string')
    changes.push(
      () => (at[key] = ''),
      () => (at[key] = value.slice(0, -1)),
      () => (at[key] = `${value}x`),
      () => (at[key] = value.toUpperCase()),
      () => (at[key] = `${value} ä`),
      () => (at[key] = 'x'.repeat(256)),
    )
  if (Array.isArray(value)) changes.push(() => (at[key] = []))
  pick(random, changes)()
  return copy
}

/** The smallest part of a request of which this still holds, by leaving out what need not be there. */
export function smallest(request: Json, holds: (request: Json) => boolean): Json {
  let best = request
  for (let again = true; again;) {
    again = false
    const count = places(best).length
    for (let i = count - 1; i >= 0; i--) {
      const candidate = structuredClone(best)
      const place = places(candidate)[i]
      if (!place) continue
      const [parent, key] = place
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      else delete parent[key]
      if (!holds(candidate)) continue
      best = candidate
      again = true
    }
  }
  return best
}
