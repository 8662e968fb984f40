import { XmlElement } from 'libxml2-wasm'
import type { parseFields } from '../../../src/adapters/google_ad_manager/wsdl/fields.ts'
import { fieldsOf } from '../../../src/adapters/google_ad_manager/wsdl/fields.ts'
import { complexTypes } from '../../../src/adapters/google_ad_manager/wsdl/types.ts'

/** An object of Google's as the fake keeps it: every simple value is text, `xsi_type` names a subtype. */
export type Thing = Record<string, any>

export const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

/** A request's element as an object of that type. */
function readThing(element: XmlElement, type: string): Thing | string {
  if (!(type in complexTypes)) return element.content
  const subtype = element.attrs.find(({ name, namespaceUri }) => name === 'type' && namespaceUri === XSI)
  const actual = subtype?.value.replace(/^.*:/, '') ?? type
  const thing = readFields(element, fieldsOf(actual))
  return subtype ? { xsi_type: actual, ...thing } : thing
}

/** The children of an element by the fields it may have, for example the arguments of an operation. */
export function readFields(element: XmlElement, fields: ReturnType<typeof parseFields>): Thing {
  const thing: Thing = {}
  for (let child = element.firstChild; child; child = child.next) {
    if (!(child instanceof XmlElement)) continue
    const name = child.name
    const field = fields.find((one) => one.name === name)
    if (!field) throw new Error(`${element.name} has no ${name}`)
    const value = readThing(child, field.type)
    if (field.repeats) thing[name] = [...((thing[name] as unknown[] | undefined) ?? []), value]
    else thing[name] = value
  }
  return thing
}

/** An object as XML, its fields in the order of Google's schema. */
export function writeThing(tag: string, type: string, value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((one) => writeThing(tag, type, one)).join('')
  if (typeof value === 'string' || typeof value === 'number')
    return `<${tag}>${escapeXml(String(value))}</${tag}>`
  const thing = value as Thing
  const subtype = thing['xsi_type'] as string | undefined
  const attribute = subtype ? ` xmlns:xsi="${XSI}" xsi:type="${subtype}"` : ''
  const fields = fieldsOf(subtype ?? type).map((field) =>
    writeThing(field.name, field.type, thing[field.name]),
  )
  return `<${tag}${attribute}>${fields.join('')}</${tag}>`
}

export function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}
