import { AdcpError } from '../adcp/error.ts'
import { fieldOf, pointerOf } from './field.ts'

/** Deeper than any request means to be, and far from where JSON code that calls itself runs out of stack. */
const DEEPEST = 100

/**
 * Refuses what JSON can say but neither we nor PostgreSQL can keep: endless nesting, NUL characters and halves of surrogate
 * pairs. Walks without recursion. @throws AdcpError INVALID_REQUEST
 */
export function refuseUnkeepable(args: unknown): void {
  const waiting: { value: unknown; path: Path }[] = [{ value: args, path: undefined }]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, path } = next
    if (typeof value === 'string' && !isKeepable(value)) throw brokenText(path)
    if (typeof value !== 'object' || value === null) continue
    const depth = (path?.depth ?? 0) + 1
    if (depth > DEEPEST) throw tooDeep(path)
    for (const [key, item] of Object.entries(value)) {
      if (!isKeepable(key)) throw brokenText(path)
      const part = Array.isArray(value) ? Number(key) : key
      if (typeof item === 'string' || typeof item === 'object')
        waiting.push({ value: item, path: { part, parent: path, depth } })
    }
  }
}

/** Where a value stands, innermost first; written out only when there is something to complain about. */
type Path = { part: string | number; parent: Path; depth: number } | undefined

function isKeepable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

function brokenText(path: Path) {
  return new AdcpError({
    code: 'INVALID_REQUEST',
    message: 'Text may hold neither NUL characters nor half surrogate pairs.',
    ...place(path),
    suggestion: 'Remove them.',
  })
}

function tooDeep(path: Path) {
  return new AdcpError({
    code: 'INVALID_REQUEST',
    message: `Nothing here is nested deeper than ${DEEPEST} levels.`,
    field: fieldOf(partsOf(path).slice(0, 1)),
    suggestion: 'Send a flatter object.',
  })
}

function place(path: Path) {
  const parts = partsOf(path)
  if (parts.length === 0) return {}
  const issue = { pointer: pointerOf(parts), message: 'NUL or half a surrogate pair', keyword: 'pattern' }
  return { field: fieldOf(parts), issues: [issue] }
}

function partsOf(path: Path): (string | number)[] {
  const parts: (string | number)[] = []
  for (let step = path; step; step = step.parent) parts.unshift(step.part)
  return parts
}
