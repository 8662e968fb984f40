import type { Path, Problem } from './publisher_file_error.ts'

const DEEPEST = 50
const LONGEST = 100_000

/**
 * What a file can say and PostgreSQL cannot keep as it is, wherever it stands: NUL, halves of characters, endless numbers, nesting
 * without end; and texts beyond all measure.
 */
export function unkeepable(value: unknown, at: Path = [], around: readonly object[] = []): Problem[] {
  if (typeof value === 'string') return faultOf(value, at)
  if (typeof value === 'number' && !Number.isFinite(value))
    return [{ path: at, message: 'must be a number, and none without end' }]
  if (typeof value !== 'object' || value === null) return []
  if (around.length === DEEPEST || around.includes(value))
    return [{ path: at.slice(0, 4), message: `is nested deeper than ${DEEPEST} levels, or in itself` }]
  return Object.entries(value).flatMap(([name, item]) => {
    const fault = faultOf(name, at)
    const part = Array.isArray(value) ? Number(name) : name
    return fault.length > 0 ? fault : unkeepable(item, [...at, part], [...around, value])
  })
}

function faultOf(text: string, path: Path): Problem[] {
  if (text.length > LONGEST) return [{ path, message: `has more than ${LONGEST} characters` }]
  if (!text.includes('\0') && !/\p{Surrogate}/u.test(text)) return []
  return [{ path, message: 'holds NUL or half of a character, which no text may. Leave it out' }]
}
