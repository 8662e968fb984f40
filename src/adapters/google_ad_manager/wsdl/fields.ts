import { complexTypes } from './types.ts'

export interface Field {
  name: string
  /** A name in complexTypes or enums, or one of XML Schema's own types. */
  type: string
  repeats: boolean
}

/** `name:type other:type[]`, taken apart. */
export function parseFields(text: string): Field[] {
  return text
    .split(' ')
    .filter(Boolean)
    .map((word) => {
      const [name = '', type = ''] = word.split(':')
      return { name, type: type.replace('[]', ''), repeats: type.endsWith('[]') }
    })
}

/** The fields of a complex type in the order Google's schema demands: those of what it extends come first. */
export function fieldsOf(type: string): Field[] {
  const { extends: base, fields } = complexTypes[type] ?? { fields: '' }
  return [...(base === undefined ? [] : fieldsOf(base)), ...parseFields(fields)]
}

/** True of a type and everything that extends it. */
export function isA(type: string, base: string): boolean {
  if (type === base) return true
  const parent = complexTypes[type]?.extends
  return parent !== undefined && isA(parent, base)
}
