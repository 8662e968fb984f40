import { z } from 'zod'
import { AdcpError } from './error.ts'
import { requestHash } from './request_hash.ts'

type Query = Record<string, unknown>
const Cursor = z.object({ query: z.string(), after: z.array(z.union([z.string(), z.number()])) })

/** Where the next page begins, bound to the query it came from. Opaque to buyers. */
export function writeCursor(query: Query, after: (string | number)[]): string {
  return Buffer.from(JSON.stringify({ query: fingerprint(query, after), after })).toString('base64url')
}

/** The position a cursor names. @throws AdcpError INVALID_REQUEST for one that is damaged or belongs to another query. */
export function readCursor(cursor: string, query: Query): (string | number)[] {
  try {
    const parsed = Cursor.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')))
    if (parsed.query === fingerprint(query, parsed.after)) return parsed.after
  } catch {
    // damaged: answered like one of another query
  }
  throw new AdcpError({
    code: 'INVALID_REQUEST',
    message: 'pagination.cursor does not belong to this query.',
    field: 'pagination.cursor',
    suggestion:
      'Repeat the call that gave the cursor with nothing else changed, or leave the cursor out to begin again.',
  })
}

/** The same for every sending of one query, whatever its context or the order of its keys. */
function fingerprint(query: Query, after: unknown): string {
  return requestHash({ ...query, after }).slice(0, 16)
}
