import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { asSaid, ownId } from '../adcp/own_ids.ts'
import type { ReadDb } from '../db/database.ts'
import { readKnownIds, type IdKind, type KnownIds } from '../queries/own_ids.ts'
import type { Principal } from '../tools/define-tool.ts'

/** What an id stands for, by the field it stands in. Formats are objects with an `id`. */
const fields: ReadonlyMap<string, IdKind> = new Map([
  ['product_id', 'product'],
  ['product_ids', 'product'],
  ['media_buy_id', 'media_buy'],
  ['media_buy_ids', 'media_buy'],
  ['package_id', 'package'],
  ['package_ids', 'package'],
  ['assigned_to_packages', 'package'],
  ['task_id', 'task'],
  ['task_ids', 'task'],
  ['account_id', 'account'],
  ['format_id', 'format'],
  ['format_ids', 'format'],
])
/** What belongs to the buyer and comes back as it was. */
const untouched = ['context', 'ext', 'fixture', 'result']

/** The request of a sandbox buyer with its own ids as the database has them. */
export async function withOwnIds<T>(db: ReadDb, { principal_id }: Principal, request: T): Promise<T> {
  const known = await readKnownIds(db, { principal_id })
  return replace(request, undefined, { principal_id, known }) as T
}

interface Owner {
  principal_id: string
  known: KnownIds
}
function replace(value: unknown, kind: IdKind | undefined, owner: Owner): unknown {
  if (typeof value === 'string') return kind ? replaceId(value, kind, owner) : value
  if (Array.isArray(value)) return value.map((item) => replace(item, kind, owner))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      if (untouched.includes(key)) return [key, item]
      return [key, replace(item, key === 'id' && kind === 'format' ? 'format' : fields.get(key), owner)]
    }),
  )
}

function replaceId(id: string, kind: IdKind, { principal_id, known }: Owner): string {
  const own = ownId(principal_id, id)
  // an account nobody has named to this buyer is its own, and opened when it is first used
  if (kind === 'account') return known.account.has(id) ? id : own
  return known[kind].has(own) ? own : id
}

/** An answer to a sandbox buyer with its own ids as it said them. */
export function asSaidBy({ principal_id }: Principal, answer: CallToolResult): CallToolResult {
  return JSON.parse(asSaid(principal_id, JSON.stringify(answer))) as CallToolResult
}
