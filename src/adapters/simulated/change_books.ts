import { sql, type UpdateObject } from 'kysely'
import { AdapterError, type Change, type ApprovedCreative } from '../adapter.ts'
import type { Books, Tables } from './books.ts'

/** A change in the ad server's own ids. */
export type BookedChange =
  | { kind: 'cancel_order'; order_id: string }
  | {
      kind: Extract<Change, { package_id: string }>['kind']
      line_item_id: string
      /** What of it becomes what. */
      fields?: Record<string, unknown>
      creative_id?: string
      weight?: number | null
    }
  | { kind: 'upload_creative'; creative: Omit<ApprovedCreative, 'weight'> }

/**
 * Makes a change, however often it is asked for; a creative is uploaded once for each time. Gives the id of what is new.
 * @throws AdapterError('permanent') for a line item that is gone or canceled.
 */
export async function changeBooks(
  books: Books,
  network: string,
  reference: string,
  change: BookedChange,
): Promise<string | undefined> {
  switch (change.kind) {
    case 'cancel_order':
      await books
        .updateTable('simulated.orders')
        .set({ status: 'canceled' })
        .where('network', '=', network)
        .where('order_id', '=', change.order_id)
        .execute()
      return undefined
    case 'upload_creative': {
      const { creative_id } = await books
        .insertInto('simulated.creatives')
        .values({ network, reference, body: JSON.stringify(change.creative) })
        .returning('creative_id')
        .executeTakeFirstOrThrow()
      return creative_id
    }
    case 'cancel_line_item':
    case 'pause_line_item':
    case 'resume_line_item':
      await setLineItem(books, change.line_item_id, { status: statusAfter[change.kind] }, change.kind)
      return undefined
    case 'update_line_item': {
      const body = sql`body || ${JSON.stringify(change.fields)}::jsonb`
      await setLineItem(books, change.line_item_id, { body }, change.kind)
      return undefined
    }
    case 'attach_creative':
    case 'detach_creative':
      await changeCreatives(books, change)
      return undefined
  }
}

const statusAfter = {
  cancel_line_item: 'canceled',
  pause_line_item: 'paused',
  resume_line_item: 'ready',
} as const

async function setLineItem(
  books: Books,
  lineItemId: string,
  change: UpdateObject<Tables, 'simulated.line_items'>,
  kind: Change['kind'],
) {
  const found = await books
    .updateTable('simulated.line_items')
    .set(change)
    .where('line_item_id', '=', lineItemId)
    .$if(kind !== 'cancel_line_item', (q) => q.where('status', '<>', 'canceled'))
    .returning('line_item_id')
    .executeTakeFirst()
  if (!found) throw gone(lineItemId)
}

async function changeCreatives(
  books: Books,
  { kind, line_item_id, creative_id = '', weight = null }: Extract<BookedChange, { line_item_id: string }>,
) {
  if (kind === 'detach_creative') {
    await books
      .deleteFrom('simulated.line_item_creatives')
      .where('line_item_id', '=', line_item_id)
      .where('creative_id', '=', creative_id)
      .execute()
    return
  }
  await books
    .insertInto('simulated.line_item_creatives')
    .values({ line_item_id, creative_id, weight })
    .onConflict((oc) => oc.columns(['line_item_id', 'creative_id']).doUpdateSet({ weight }))
    .execute()
}

/** Every creative this network has under that reference, oldest first. */
export function findCreatives(books: Books, network: string, reference: string) {
  return books
    .selectFrom('simulated.creatives')
    .select(['creative_id', 'body'])
    .where('network', '=', network)
    .where('reference', '=', reference)
    .orderBy('creative_id')
    .execute()
}

/** A line item with what it shows. */
export async function readLineItem(books: Books, network: string, lineItemId: string) {
  const item = await books
    .selectFrom('simulated.line_items as item')
    .innerJoin('simulated.orders as booked', 'booked.order_id', 'item.order_id')
    .select(['item.body', 'item.status', 'booked.status as order_status'])
    .where('booked.network', '=', network)
    .where('item.line_item_id', '=', lineItemId)
    .executeTakeFirst()
  if (!item) return undefined
  const shown = await books
    .selectFrom('simulated.line_item_creatives')
    .select(['creative_id', 'weight'])
    .where('line_item_id', '=', lineItemId)
    .execute()
  return { ...item, shown }
}

const gone = (lineItemId: string) =>
  new AdapterError('permanent', 'line_item_gone', `Line item ${lineItemId} is not there or is canceled`)
