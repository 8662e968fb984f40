import type { Call, HeldStatus, OrderStanding } from '../../adapter.ts'
import { boundList } from '../statement.ts'
import { LineItem, Order } from './orders.ts'
import type { Pages } from './pages.ts'

/** How these orders stand, from their line items: an approved order serves as soon as one of them does. */
export async function readStatus(
  pages: Pages,
  orderIds: readonly string[],
  call: Call,
): Promise<OrderStanding[]> {
  if (orderIds.length === 0) return []
  const { names, bound } = boundList('order', orderIds.map(BigInt))
  const of = (column: string) => ({ after: null, conditions: [`${column} IN (${names})`], bound })
  const orders = await pages('OrderService', 'getOrdersByStatement', Order, of('id'), call)
  const items: LineItem[] = []
  for (let after: string | null | undefined; after !== null;) {
    const question = { ...of('orderId'), after: after ?? null }
    const page = await pages('LineItemService', 'getLineItemsByStatement', LineItem, question, call)
    items.push(...page.rows)
    after = page.cursor
  }
  return orders.rows.map(({ id, status }) => {
    const own = items.filter(({ order_id }) => order_id === id)
    return {
      order_id: id,
      status: status === 'ready' ? statusOf(own) : status,
      line_items: own.map((item) => ({
        line_item_id: item.id,
        status: item.status,
        reason: item.status === 'not_delivering' ? 'It has no creative that can be shown.' : null,
        delivered: item.delivered,
      })),
    }
  })
}

/** The first of these that a line item is in. */
const precedence: readonly HeldStatus[] = [
  'serving',
  'not_delivering',
  'ready',
  'paused',
  'pending',
  'draft',
  'completed',
]

function statusOf(items: readonly { status: HeldStatus }[]): HeldStatus {
  if (items.length === 0) return 'not_delivering'
  return precedence.find((status) => items.some((item) => item.status === status)) ?? 'canceled'
}
