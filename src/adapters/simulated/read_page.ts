import { setTimeout } from 'node:timers/promises'
import { sql, type RawBuilder } from 'kysely'
import type { ReadKind } from '../../capabilities.ts'
import {
  AdapterError,
  type Call,
  type HeldStatus,
  type Page,
  type PageQuestion,
  type RowOf,
} from '../adapter.ts'
import type { Books } from './books.ts'
import type { Settings } from './config.ts'

/** What capabilities.reads names. */
export const reads = { network: 'whole', ad_units: 'changes', orders: 'whole', line_items: 'whole' } as const

/** What is read, by whom the books are shared. */
export interface Shelf {
  books: Books
  network: string
  settings: Settings
}

/** One page of what the books hold of a kind. */
export async function readPage<K extends ReadKind>(
  shelf: Shelf,
  kind: K,
  question: PageQuestion,
  call: Call,
): Promise<Page<RowOf[K]>>
export async function readPage(
  shelf: Shelf,
  kind: ReadKind,
  { cursor, changed_since }: PageQuestion,
  call: Call,
): Promise<Page<RowOf[ReadKind]>> {
  await answerTime(shelf.settings.read_latency_ms, call)
  const rows = rowsOf(shelf, kind, changed_since)
  const { rows_per_page } = shelf.settings
  const after = sql`(select * from (${rows}) all_rows where number > ${cursor ?? 0}::bigint)`
  const found = await look<{ number: string; row: RowOf[ReadKind]; total: number }>(
    shelf,
    sql`select number, to_jsonb(found) - 'number' as row, (select count(*)::int from ${after} counted) as total
      from ${after} found order by number limit ${rows_per_page}`,
  )
  const remaining = (found[0]?.total ?? 0) - found.length
  const last = found.at(-1)
  return { rows: found.map(({ row }) => row), remaining, cursor: remaining > 0 && last ? last.number : null }
}

function rowsOf({ network }: Shelf, kind: ReadKind, changed_since: string | null): RawBuilder<unknown> {
  switch (kind) {
    case 'ad_units':
      return sql`select ad_unit_id as number, ad_unit_id::text as id, name, parent_id::text, null as code, sizes,
        case when archived then 'archived' else 'active' end as standing
        from simulated.ad_units where network = ${network} and changed_at >= coalesce(${changed_since}, '-infinity')::timestamptz`
    case 'orders':
      return sql`select order_id as number, order_id::text as id, name, advertiser as advertiser_id, reference as external_key,
        ${orderStatus} as status, null as currency, null as budget, null as start_time, null as end_time, null as po_number
        from simulated.orders booked where network = ${network}`
    case 'line_items':
      return sql`select line_item_id as number, line_item_id::text as id, body ->> 'product_name' as name,
        order_id::text, item.reference as external_key, ${itemStatus} as status, body ->> 'pricing_model' as pricing_model,
        body ->> 'price' as price, body ->> 'currency' as currency, (body ->> 'impressions')::bigint as goal,
        body ->> 'start_time' as start_time, body ->> 'end_time' as end_time, null as delivered
        from simulated.line_items item join simulated.orders booked using (order_id) where network = ${network}`
    default:
      throw new AdapterError('permanent', 'not_held', `There are no ${kind} on the simulated ad server`)
  }
}

const orderStatus = sql<HeldStatus>`case
  when booked.status in ('canceled', 'rejected') then 'canceled'
  when booked.status = 'pending_approval' then 'pending' else 'ready' end`
const itemStatus = sql<HeldStatus>`case
  when booked.status in ('canceled', 'rejected') or item.status = 'canceled' then 'canceled'
  when booked.status = 'pending_approval' then 'pending'
  when (item.body ->> 'end_time')::timestamptz <= now() then 'completed'
  when item.status = 'paused' then 'paused'
  when (item.body ->> 'start_time')::timestamptz > now() then 'ready'
  else 'serving' end`

async function answerTime(ms: number, { signal }: Call): Promise<void> {
  try {
    if (ms > 0 || signal.aborted) await setTimeout(ms, undefined, { signal })
  } catch {
    throw new AdapterError('transient', 'aborted', 'The call was given up before the ad server answered')
  }
}

async function look<T>({ books }: Shelf, query: RawBuilder<unknown>): Promise<T[]> {
  try {
    return (await (query as RawBuilder<T>).execute(books)).rows
  } catch {
    throw new AdapterError(
      'transient',
      'books_unavailable',
      'The books of the simulated ad server could not be reached',
    )
  }
}
