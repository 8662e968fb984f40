import { z } from 'zod'
import type { Call, Page } from '../../adapter.ts'
import { noAnswer } from '../errors.ts'
import { statement, type Bound } from '../statement.ts'
import type { Transport } from '../transport.ts'
import type { OperationOf, Service } from '../wsdl/operations.ts'

/** The most Google lists in one answer. */
const LARGEST_PAGE = 500

/** What is asked for: the rows after an id that meet some more conditions, in the order of their ids. */
export interface IdQuestion {
  after: string | null
  conditions: readonly string[]
  bound: Bound
  /** How this service takes an id in a condition. */
  idAs?: (id: string) => string | bigint
  most?: number
}
export type Pages = ReturnType<typeof openPages>

/**
 * Lists of a network, page by page. What follows is asked for by the last id seen, never by an offset: that would skip rows when
 * others before them are archived meanwhile, and show some twice when others are added.
 */
export function openPages(transport: Transport) {
  return async function pageAfter<S extends Service, T extends { id: string }>(
    service: S,
    operation: OperationOf<S>,
    schema: z.ZodType<T>,
    { after, conditions, bound, idAs = BigInt, most = LARGEST_PAGE }: IdQuestion,
    call: Call,
  ): Promise<Page<T>> {
    const all = [...(after === null ? [] : ['id > :after']), ...conditions]
    const where = all.length > 0 ? `WHERE ${all.join(' AND ')} ` : ''
    const query = `${where}ORDER BY id ASC LIMIT ${most}`
    const filterStatement = statement(query, { ...bound, ...(after !== null && { after: idAs(after) }) })
    const answer = await transport.send(service, operation, { filterStatement }, call)
    const List = z.object({ totalResultSetSize: z.int().default(0), results: z.array(schema).default([]) })
    const read = List.safeParse(answer ?? {})
    if (!read.success)
      throw noAnswer({ service, operation }, 'unreadable_answer', 'the answer could not be understood')
    const { results: rows, totalResultSetSize } = read.data
    const remaining = Math.max(0, totalResultSetSize - rows.length)
    return {
      rows,
      remaining,
      cursor: remaining > 0 || rows.length >= most ? (rows.at(-1)?.id ?? null) : null,
    }
  }
}
