import { type Path, type Problem, spellPath } from './publisher_file_error.ts'
import type { Sound } from './written_items.ts'

/** Two items of one list that agree in all of `keys`; the later one is the problem. */
export function repeated(items: readonly Sound<object>[], keys: readonly string[]): Problem[] {
  const seen = new Map<string, Path>()
  return items.flatMap(({ at, value }) => {
    const named = keys.map((key) => (value as Record<string, unknown>)[key])
    if (named[0] === undefined) return []
    const earlier = seen.get(JSON.stringify(named))
    if (!earlier) seen.set(JSON.stringify(named), at)
    const message = `${JSON.stringify(named[0])} is already taken by ${spellPath(earlier ?? [])}`
    return earlier ? [{ path: [...at, keys[0] ?? ''], message }] : []
  })
}
