import { AdcpError } from '../adcp/error.ts'
import { fieldOf, pointerOf } from './field.ts'

/** Deeper than any request means to be, and far from where JSON code that calls itself runs out of stack. */
const DEEPEST = 100
/** In one list or object; and in all of a request, which is what judging it may cost. */
const MOST_ITEMS = 10_000
const MOST_VALUES = 200_000
/** Characters of one text, and of one name of a field. */
const LONGEST_TEXT = 1_000_000
const LONGEST_NAME = 500

/**
 * Refuses what JSON can say but neither we nor PostgreSQL can keep: endless nesting, more values than anybody means, NUL characters,
 * halves of surrogate pairs and endless numbers. Looks before anything else does, at each value once, without recursion. @throws AdcpError INVALID_REQUEST
 */
export function refuseUnkeepable(args: unknown): void {
  const waiting: { value: unknown; path: Path }[] = [{ value: args, path: undefined }]
  let values = 0
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { value, path } = next
    if (typeof value === 'string') refuseText(value, path)
    if (typeof value === 'number') refuseNumber(value, path)
    if (typeof value !== 'object' || value === null) continue
    const depth = (path?.depth ?? 0) + 1
    if (depth > DEEPEST) throw tooMuch(path, `Nothing here is nested deeper than ${DEEPEST} levels.`)
    const size = Array.isArray(value) ? value.length : Object.keys(value).length
    if (size > MOST_ITEMS) throw tooMuch(path, `Nothing here has more than ${MOST_ITEMS} items.`)
    values += size
    if (values > MOST_VALUES) throw tooMuch(path, `A request has ${MOST_VALUES} values at the most.`)
    for (const [key, item] of Object.entries(value)) {
      refuseName(key, path)
      const part = Array.isArray(value) ? Number(key) : key
      if (typeof item === 'string' || typeof item === 'object' || item === Infinity || item === -Infinity)
        waiting.push({ value: item, path: { part, parent: path, depth } })
    }
  }
}

/** Where a value stands, innermost first; written out only when there is something to complain about. */
type Path = { part: string | number; parent: Path; depth: number } | undefined

function refuseText(text: string, path: Path) {
  if (text.length > LONGEST_TEXT) throw tooMuch(path, `No text has more than ${LONGEST_TEXT} characters.`)
  if (!isKeepable(text)) throw brokenText(path)
}

/** JSON writes numbers no number of ours holds: 1e400 is read as endless and would be written as null. */
function refuseNumber(value: number, path: Path) {
  if (Number.isFinite(value)) return
  throw unkeepable(path, 'No number may be larger than 1.8e308.', 'a number beyond 1.8e308', 'maximum')
}

function refuseName(name: string, path: Path) {
  if (name.length > LONGEST_NAME)
    throw tooMuch(path, `No field has a longer name than ${LONGEST_NAME} characters.`)
  if (!isKeepable(name)) throw brokenText(path)
}

function isKeepable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text)
}

const brokenText = (path: Path) =>
  unkeepable(
    path,
    'Text may hold neither NUL characters nor half surrogate pairs.',
    'NUL or half a surrogate pair',
    'pattern',
  )

function unkeepable(path: Path, message: string, what: string, keyword: string) {
  const parts = partsOf(path)
  const issues = [{ pointer: pointerOf(parts), message: what, keyword }]
  return new AdcpError({
    code: 'INVALID_REQUEST',
    message,
    ...(parts.length > 0 && { field: fieldOf(parts), issues }),
    suggestion: 'Leave it out.',
  })
}

/** Names the outermost field alone: the whole way may be as long as the request. */
function tooMuch(path: Path, message: string) {
  const field = fieldOf(partsOf(path).slice(0, 1))
  return new AdcpError({
    code: 'INVALID_REQUEST',
    message,
    ...(field !== '' && { field }),
    suggestion: 'Send less in one call.',
  })
}

function partsOf(path: Path): (string | number)[] {
  const parts: (string | number)[] = []
  for (let step = path; step; step = step.parent) parts.push(step.part)
  return parts.reverse()
}
