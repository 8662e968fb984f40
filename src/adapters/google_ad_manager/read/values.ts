import { z } from 'zod'
import { AdapterError, type Call, type Page, type RowOf } from '../../adapter.ts'
import { boundList } from '../statement.ts'
import { TargetingKey, TargetingValue } from './inventory.ts'
import type { Pages } from './pages.ts'

const KEYS_AT_ONCE = 100
const service = 'CustomTargetingService'

/** Either which keys come next, or how far the values of some keys are read. */
const Cursor = z.union([
  z.strictObject({ keys_after: z.string() }),
  z.strictObject({ keys: z.array(z.string()), values_after: z.string().nullable(), more_keys: z.boolean() }),
])
type Cursor = z.infer<typeof Cursor>

/**
 * A page of the values of all keys. Google lists values only of keys that are named, so this goes through the keys, some at a time:
 * a page without values tells which keys the next ones are of.
 */
export async function readValues(
  pages: Pages,
  text: string | null,
  call: Call,
): Promise<Page<RowOf['targeting_values']>> {
  const cursor = parse(text)
  if (cursor !== null && 'keys' in cursor) return readSome(pages, cursor, call)
  const question = { after: cursor?.keys_after ?? null, conditions: [], bound: {}, most: KEYS_AT_ONCE }
  const found = await pages(service, 'getCustomTargetingKeysByStatement', TargetingKey, question, call)
  const keys = found.rows.map(({ id }) => id)
  if (keys.length === 0) return { rows: [], cursor: null, remaining: 0 }
  return page([], { keys, values_after: null, more_keys: found.cursor !== null })
}

async function readSome(
  pages: Pages,
  { keys, values_after, more_keys }: Extract<Cursor, { keys: unknown }>,
  call: Call,
): Promise<Page<RowOf['targeting_values']>> {
  const { names, bound } = boundList('key', keys.map(BigInt))
  const question = { after: values_after, conditions: [`customTargetingKeyId IN (${names})`], bound }
  const found = await pages(service, 'getCustomTargetingValuesByStatement', TargetingValue, question, call)
  if (found.cursor !== null) return page(found.rows, { keys, values_after: found.cursor, more_keys })
  const last = keys.at(-1)
  return page(found.rows, more_keys && last !== undefined ? { keys_after: last } : null)
}

/** How many values the keys have that were not asked for yet, nobody says. */
function page(
  rows: Page<RowOf['targeting_values']>['rows'],
  next: Cursor | null,
): Page<RowOf['targeting_values']> {
  return next === null
    ? { rows, cursor: null, remaining: 0 }
    : { rows, cursor: JSON.stringify(next), remaining: null }
}

function parse(text: string | null): Cursor | null {
  if (text === null) return null
  try {
    return Cursor.parse(JSON.parse(text))
  } catch {
    throw new AdapterError('permanent', 'unknown_cursor', 'Where to read on cannot be understood')
  }
}
