/** `['packages', 0, 'budget']` as AdCP writes it: `packages[0].budget`. */
export function fieldOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((field, part) => {
    if (typeof part === 'number') return `${field}[${part}]`
    return field ? `${field}.${String(part)}` : String(part)
  }, '')
}

/** The same as RFC 6901 writes it: `/packages/0/budget`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}
