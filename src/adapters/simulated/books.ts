import { sql, type Generated, type GeneratedAlways, type Insertable, type Kysely } from 'kysely'
import { AdapterError } from '../adapter.ts'

export interface Tables {
  'simulated.orders': {
    order_id: GeneratedAlways<string>
    network: string
    reference: string
    name: string
    advertiser: string
    status: Generated<string>
    approved_after: Date | null
  }
  'simulated.line_items': {
    line_item_id: GeneratedAlways<string>
    order_id: string
    reference: string
    body: unknown
    status: Generated<'ready' | 'paused' | 'canceled'>
  }
  'simulated.creatives': {
    creative_id: GeneratedAlways<string>
    network: string
    reference: string
    body: unknown
  }
  'simulated.line_item_creatives': { line_item_id: string; creative_id: string; weight: number | null }
  'simulated.calls': {
    call_id: GeneratedAlways<string>
    network: string
    operation: string
    reference: string
  }
}
/** The tables of the schema `simulated` (sql/0010 and 0026). */
export type Books = Kysely<Tables>
export type NewOrder = Pick<
  Insertable<Tables['simulated.orders']>,
  'network' | 'reference' | 'name' | 'advertiser'
>
export type NewLineItem = Insertable<Tables['simulated.line_items']>

/** Writes down that a call came in and says the how-manieth of its kind for this reference it is. */
export async function noteCall(
  books: Books,
  call: { network: string; operation: string; reference: string },
): Promise<number> {
  const { call_id } = await books
    .insertInto('simulated.calls')
    .values(call)
    .returning('call_id')
    .executeTakeFirstOrThrow()
  const { nth } = await books
    .selectFrom('simulated.calls')
    .select(({ fn }) => fn.countAll<string>().as('nth'))
    .where(({ and }) => and(call))
    .where('call_id', '<=', call_id)
    .executeTakeFirstOrThrow()
  return Number(nth)
}

/** Books an order, whether or not one like it is there already. */
export async function insertOrder(
  books: Books,
  order: NewOrder,
  approval_ms: number | null,
): Promise<string> {
  const { order_id } = await books
    .insertInto('simulated.orders')
    .values({
      ...order,
      status: approval_ms === null ? 'approved' : 'pending_approval',
      approved_after: sql<Date | null>`now() + ${approval_ms}::float8 * interval '1 millisecond'`,
    })
    .returning('order_id')
    .executeTakeFirstOrThrow()
  return order_id
}

/** Adds a line item to an order, whether or not one like it is there already. @throws AdapterError if the order is canceled */
export async function insertLineItem(books: Books, item: NewLineItem): Promise<string> {
  const order = await books
    .selectFrom('simulated.orders')
    .select('status')
    .where('order_id', '=', item.order_id)
    .executeTakeFirst()
  if (order?.status === 'canceled')
    throw new AdapterError('permanent', 'order_canceled', `Order ${item.order_id} is canceled`)
  const { line_item_id } = await books
    .insertInto('simulated.line_items')
    .values({ ...item, body: JSON.stringify(item.body) })
    .returning('line_item_id')
    .executeTakeFirstOrThrow()
  return line_item_id
}

/** Every order this network has under that reference, oldest first. */
export function findOrders(books: Books, network: string, reference: string) {
  return books
    .selectFrom('simulated.orders')
    .select(['order_id', 'name', 'advertiser'])
    .where('network', '=', network)
    .where('reference', '=', reference)
    .orderBy('order_id')
    .execute()
}

/** Every line item this network has under that reference, oldest first. */
export function findLineItems(books: Books, network: string, reference: string) {
  return books
    .selectFrom('simulated.line_items as item')
    .innerJoin('simulated.orders as booked', 'booked.order_id', 'item.order_id')
    .select(['item.line_item_id', 'item.order_id', 'item.body'])
    .where('booked.network', '=', network)
    .where('item.reference', '=', reference)
    .orderBy('item.line_item_id')
    .execute()
}

/** What runs or will run on an inventory: how many impressions, and when. */
export function findSold(books: Books, network: string, inventory: string) {
  return books
    .selectFrom('simulated.line_items as item')
    .innerJoin('simulated.orders as booked', 'booked.order_id', 'item.order_id')
    .select([
      sql<number>`coalesce((item.body->>'impressions')::float8, 0)`.as('impressions'),
      sql<string>`item.body->>'start_time'`.as('start_time'),
      sql<string>`item.body->>'end_time'`.as('end_time'),
    ])
    .where('booked.network', '=', network)
    .where('booked.status', '=', 'approved')
    .where('item.status', '<>', 'canceled')
    .where(sql<string>`item.body->>'inventory'`, '=', inventory)
    .execute()
}

/** An order with the approval it may have been given in the meantime. */
export async function readOrder(books: Books, network: string, orderId: string) {
  await books
    .updateTable('simulated.orders')
    .set({ status: 'approved' })
    .where('order_id', '=', orderId)
    .where('status', '=', 'pending_approval')
    .where('approved_after', '<=', sql<Date>`now()`)
    .execute()
  return books
    .selectFrom('simulated.orders')
    .select([
      'status',
      sql<number | null>`extract(epoch from approved_after - now())::float8 * 1000`.as('approved_in_ms'),
    ])
    .where('network', '=', network)
    .where('order_id', '=', orderId)
    .executeTakeFirst()
}
