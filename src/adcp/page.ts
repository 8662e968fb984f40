import { writeCursor } from './cursor.ts'

/**
 * What the items of one answer may take as JSON. With what is said beside them and the lines of text about them an answer stays
 * under the 30 kB at which hosts cut it off, and the LLM that reads it never learns of it.
 */
export const MOST_BYTES = 23_000

interface Listing<Row, Item> {
  /** Items asked for. */
  limit: number
  /** The request without its pagination: a cursor is good for this query only. */
  query: Record<string, unknown>
  toItem(row: Row): Item
  /** Where in the list a row stands, as readCursor gives it back. */
  position(row: Row): (string | number)[]
  /** Bytes to leave free for what else the answer says at length. */
  besides?: number
}
export interface Page<Row, Item> {
  rows: Row[]
  items: Item[]
  pagination: { has_more: boolean; cursor?: string }
}

/**
 * One page of a list: `limit` items, fewer where the answer would be too large to be read, never none where there is one.
 * The cursor goes on exactly behind the last of them. `rows` holds at least one more than `limit` where there are more.
 */
export function pageOf<Row, Item>(rows: readonly Row[], listing: Listing<Row, Item>): Page<Row, Item> {
  const { limit, query, toItem, position, besides = 0 } = listing
  const items: Item[] = []
  let left = MOST_BYTES - besides
  for (const row of rows.slice(0, limit)) {
    const item = toItem(row)
    left -= bytesOf(item)
    if (left < 0 && items.length > 0) break
    items.push(item)
  }
  const shown = rows.slice(0, items.length)
  const last = rows.length > shown.length ? shown.at(-1) : undefined
  return {
    rows: shown,
    items,
    pagination: { has_more: last !== undefined, ...(last && { cursor: writeCursor(query, position(last)) }) },
  }
}

/** How long a value is on the wire. */
export const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value))

/** Tells who reads only the text that a list goes on. */
export function andMore({ pagination }: Record<string, unknown>): string[] {
  const { has_more } = pagination as { has_more: boolean }
  return has_more ? ['There are more: call again with pagination.cursor.'] : []
}
