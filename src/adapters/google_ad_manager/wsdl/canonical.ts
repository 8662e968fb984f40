import { fieldsOf, isA, parseFields, type Field } from './fields.ts'
import { operation, type Service } from './operations.ts'
import { complexTypes } from './types.ts'

/** What is sent: `xsi_type` says which subtype an object of an abstract type is. */
export interface Sent {
  readonly [field: string]: SentValue
}
export type SentValue = string | number | bigint | boolean | null | undefined | Sent | readonly SentValue[]

/**
 * The arguments of an operation as Google's schema wants them: fields in its order, subtypes named, nothing empty. `soap` orders
 * only part of that and passes on what the schema does not know. @throws Error for an unknown field or a wrong subtype.
 */
export function canonical(service: Service, name: string, args: Sent): Record<string, unknown> {
  return ordered(args, parseFields(operation(service, name).takes), name)
}

function ordered(value: Sent, fields: readonly Field[], path: string): Record<string, unknown> {
  const known = new Set(['xsi_type', ...fields.map((field) => field.name)])
  const unknown = Object.keys(value).find((key) => !known.has(key))
  if (unknown !== undefined) throw new Error(`${path}.${unknown} is no field of Google's`)
  const present = fields.flatMap((field): [string, unknown][] => {
    const one = valueOf(value[field.name], field, `${path}.${field.name}`)
    return one === undefined ? [] : [[field.name, one]]
  })
  return Object.fromEntries(present)
}

function valueOf(value: SentValue, field: Field, path: string): unknown {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value))
    return field.repeats ? [single(value, field.type, path)] : single(value, field.type, path)
  if (!field.repeats) throw new Error(`${path} cannot repeat`)
  const items = value as readonly SentValue[]
  return items.length === 0 ? undefined : items.map((item, i) => single(item, field.type, `${path}[${i}]`))
}

/** XML 1.0 has no way to write control characters; Google would not read a request with one. */
const notOfXml = /[^\P{Cc}\t\n\r]|[\p{Cs}\ufffe\uffff]/gu

function plainValue(value: SentValue): SentValue {
  if (typeof value === 'string') return value.replace(notOfXml, '')
  return typeof value === 'bigint' ? value.toString() : value
}

function single(value: SentValue, type: string, path: string): unknown {
  if (!(type in complexTypes)) return plainValue(value)
  if (typeof value !== 'object' || value === null) throw new Error(`${path} must be a ${type}`)
  const sent = value as Sent
  // XML of Google's own, sent back as it came
  if ('$xml' in sent) return { $xml: sent['$xml'] }
  const subtype = sent['xsi_type'] as string | undefined
  const actual = subtype ?? type
  if (!isA(actual, type)) throw new Error(`${path}: ${actual} is no ${type}`)
  if (complexTypes[actual]?.abstract)
    throw new Error(`${path}: ${actual} is abstract; xsi_type must name a subtype`)
  const content = ordered(sent, fieldsOf(actual), path)
  return subtype === undefined ? content : { attributes: { 'xsi:type': subtype }, ...content }
}
