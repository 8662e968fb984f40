import { z } from 'zod'

/** The plain subset of JSON Schema that every LLM host accepts: no unions, references, patterns or tuples. */
export interface PlainSchema {
  type?: string
  description?: string
  enum?: unknown[]
  items?: PlainSchema
  properties?: Record<string, PlainSchema>
  required?: string[]
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  /** Set by `.meta({ brief: true })`: tools/list shows an object and no more, its description tells the rest. */
  brief?: boolean
}
type JsonSchema = PlainSchema & { anyOf?: JsonSchema[]; const?: unknown }

const kept = ['type', 'description', 'enum', 'minimum', 'maximum', 'minItems', 'maxItems'] as const
/** How deep the published schema goes; below, an object is just an object and the description tells the rest. */
const PUBLISHED_DEPTH = 3

/** The input schema as tools/list publishes it: every top-level field, three levels deep, small enough for an LLM's context. */
export function publishedSchema(input: z.ZodObject): PlainSchema & { type: 'object' } {
  return { ...plain(jsonSchema(input), PUBLISHED_DEPTH), type: 'object' }
}

/** The same at full depth; says which type stands where. */
export function completeSchema(input: z.ZodObject): PlainSchema {
  return plain(jsonSchema(input), Infinity)
}

function jsonSchema(input: z.ZodObject): JsonSchema {
  return z.toJSONSchema(input, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as JsonSchema
}

function plain(schema: JsonSchema, depth: number): PlainSchema {
  const merged = schema.anyOf ? { ...schema, ...widest(schema.anyOf) } : schema
  const result: PlainSchema = {}
  for (const key of kept) if (merged[key] !== undefined) Object.assign(result, { [key]: merged[key] })
  if (schema.description !== undefined) result.description = schema.description
  if (merged.const !== undefined) Object.assign(result, { type: typeof merged.const, enum: [merged.const] })
  // zod writes the limits of a safe integer on every int
  if (result.maximum === Number.MAX_SAFE_INTEGER) delete result.maximum
  if (result.minimum === Number.MIN_SAFE_INTEGER) delete result.minimum
  if (merged.items) result.items = plain(merged.items, depth - 1)
  const shown = depth === Infinity || (depth > 0 && !schema.brief)
  if (merged.properties && shown && Object.keys(merged.properties).length > 0) {
    result.properties = Object.fromEntries(
      Object.entries(merged.properties).map(([name, property]) => [name, plain(property, depth - 1)]),
    )
    if (merged.required?.length) result.required = merged.required
  }
  return result
}

/** Of several forms a field may take, the one that can hold the others: a list, else an object, else text. */
function widest(forms: JsonSchema[]): JsonSchema {
  const byType = (type: string) => forms.find((form) => form.type === type)
  return byType('array') ?? byType('object') ?? byType('string') ?? forms[0] ?? {}
}
