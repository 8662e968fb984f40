import { quoted } from '../adcp/quoted.ts'

/** `['packages', 0, 'budget']` as AdCP writes it: `packages[0].budget`; a name nobody gives a field stands in quotation marks. */
export function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, part) => {
    if (typeof part === 'number') return `${field}[${part}]`
    const name = String(part)
    if (!/^[\w-]{1,64}$/.test(name)) return `${field}[${quoted(name, 64)}]`
    return field ? `${field}.${name}` : name
  }, '')
}

/** The same as RFC 6901 writes it: `/packages/0/budget`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
