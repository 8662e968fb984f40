import type { PlainSchema } from './input_schema.ts'

/**
 * Undoes what LLMs do to arguments: arrays, objects, numbers and booleans sent as JSON text become what the schema
 * says stands there. Anything else stays as it is, for validation to judge.
 */
export function coerce(value: unknown, schema: PlainSchema | undefined): unknown {
  if (!schema) return value
  const read = typeof value === 'string' ? fromText(value, schema.type) : value
  if (Array.isArray(read)) return read.map((item) => coerce(item, schema.items))
  if (isRecord(read) && schema.properties) {
    const { properties } = schema
    // a buyer may call a field as what every object has
    const of = (key: string) => (Object.hasOwn(properties, key) ? properties[key] : undefined)
    return Object.fromEntries(Object.entries(read).map(([key, item]) => [key, coerce(item, of(key))]))
  }
  return read
}

function fromText(text: string, type: string | undefined): unknown {
  if (type === undefined || type === 'string') return text
  try {
    const parsed: unknown = JSON.parse(text)
    return fits(parsed, type) ? parsed : text
  } catch {
    return text
  }
}

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value)
    case 'object':
      return isRecord(value)
    case 'integer':
      return typeof value === 'number'
    default:
      return typeof value === type
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
