import type { PlainSchema } from '../../../src/mcp/input_schema.ts'
import type { Args } from '../desk.ts'

/** Where a value stands in a call: names of fields, and 0 for the first of a list. */
export interface Place {
  path: readonly (string | 0)[]
  schema: PlainSchema
}

/** Every field of a tool's input, at any depth. */
export function placesOf(schema: PlainSchema, path: Place['path'] = []): Place[] {
  const here = path.length > 0 ? [{ path, schema }] : []
  const items = schema.items ? placesOf(schema.items, [...path, 0]) : []
  const fields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    placesOf(field, [...path, name]),
  )
  return [...here, ...items, ...fields]
}

/** The call with this value in that place; what is missing on the way there is made. */
export function withValue(call: unknown, path: Place['path'], value: unknown): unknown {
  const [part, ...rest] = path
  if (part === undefined) return value
  if (part === 0) {
    const [first, ...others] = Array.isArray(call) ? (call as unknown[]) : []
    return [withValue(first, rest, value), ...others]
  }
  const fields = typeof call === 'object' && call !== null && !Array.isArray(call) ? (call as Args) : {}
  return { ...fields, [part]: withValue(fields[part], rest, value) }
}
