import type { ReadKind } from '../../capabilities.ts'
import {
  AdapterError,
  amountOf,
  type Call,
  type HeldStatus,
  type LifeSoFar,
  type OrderStanding,
  type Page,
  type PageQuestion,
  type RowOf,
} from '../adapter.ts'
import type { AdUnit, Client, Delivery, LineItem, Order } from './client.ts'

/** What capabilities.reads names: it tells neither changes nor what its network is. */
export const reads = { ad_units: 'whole', orders: 'whole', line_items: 'whole' } as const

/** One page: it lists everything at once, line items order by order. */
export async function readPage<K extends ReadKind>(
  client: Client,
  kind: K,
  question: PageQuestion,
  call: Call,
): Promise<Page<RowOf[K]>>
export async function readPage(
  client: Client,
  kind: ReadKind,
  { cursor }: PageQuestion,
  call: Call,
): Promise<Page<RowOf[ReadKind]>> {
  switch (kind) {
    case 'ad_units':
      return allOf((await client.listAdUnits(call)).map(toAdUnit))
    case 'orders':
      return allOf((await client.listOrders(call)).map(toOrder))
    case 'line_items':
      return lineItemsAfter(client, cursor, call)
    default:
      throw new AdapterError('permanent', 'not_held', `This ad server holds no ${kind}`)
  }
}

const allOf = <Row>(rows: Row[]): Page<Row> => ({ rows, cursor: null, remaining: 0 })

/** Those of the first order after the one in the cursor, by its id. */
async function lineItemsAfter(client: Client, cursor: string | null, call: Call) {
  const orders = (await client.listOrders(call)).sort((a, b) => (a.order_id < b.order_id ? -1 : 1))
  const [order, ...later] = orders.filter(({ order_id }) => cursor === null || order_id > cursor)
  if (!order) return allOf([])
  const rows = (await client.listLineItems(order.order_id, call)).map((item) => toLineItem(order, item))
  return later.length === 0
    ? { ...allOf(rows), requests: 2 }
    : { rows, cursor: order.order_id, remaining: null, requests: 2 }
}

function toAdUnit({ ad_unit_id, name, path, sizes, targetable }: AdUnit): RowOf['ad_units'] {
  return {
    id: ad_unit_id,
    name,
    standing: targetable ? 'active' : 'inactive',
    parent_id: null,
    code: path,
    sizes: sizes.map(({ width, height }) => `${width}x${height}`),
  }
}

const orderStatuses: Readonly<Record<string, HeldStatus>> = {
  pending_approval: 'pending',
  approved: 'ready',
  delivering: 'ready',
  completed: 'completed',
}
function toOrder({ order_id, name, advertiser_id, status, currency, budget }: Order): RowOf['orders'] {
  return {
    id: order_id,
    name,
    advertiser_id,
    external_key: /\[(adcp:[^\]]+)\]$/.exec(name)?.[1] ?? null,
    status: orderStatuses[status] ?? 'canceled',
    currency,
    budget: budget === undefined ? null : String(budget),
    start_time: null,
    end_time: null,
    po_number: null,
  }
}

function toLineItem(order: Order, item: LineItem): RowOf['line_items'] {
  return {
    id: item.line_item_id,
    name: item.product_id,
    order_id: order.order_id,
    external_key: null,
    status: itemStatus(order, item),
    pricing_model: 'cpm',
    price: null,
    currency: order.currency,
    goal: null,
    start_time: null,
    end_time: null,
    delivered: null,
  }
}

/** Its own word for a line item stays what it was when the order goes on, so it is told from the order and the creatives. */
function itemStatus({ status }: Order, { creative_ids }: LineItem): HeldStatus {
  if (status === 'delivering') return creative_ids.length > 0 ? 'serving' : 'not_delivering'
  return orderStatuses[status] ?? 'canceled'
}

/** How these orders stand; those it does not know are left out. */
export async function readStatus(
  client: Client,
  orderIds: readonly string[],
  call: Call,
): Promise<OrderStanding[]> {
  const orders = (await client.listOrders(call)).filter(({ order_id }) => orderIds.includes(order_id))
  return Promise.all(
    orders.map(async (order) => {
      const items = await client.listLineItems(order.order_id, call)
      const delivery = await client.readDelivery(order.order_id, call)
      const line_items = items.map((item) => {
        const status = itemStatus(order, item)
        const reason = status === 'not_delivering' ? 'It has no creative.' : null
        return { line_item_id: item.line_item_id, status, reason, delivered: deliveredOf(item, delivery) }
      })
      const statuses = line_items.map(({ status }) => status)
      const status = statuses.find((one) => one === 'serving') ?? statuses[0] ?? toOrder(order).status
      return { order_id: order.order_id, status, line_items }
    }),
  )
}

/** It counts clicks of a whole order only. */
function deliveredOf(
  { line_item_id }: LineItem,
  { currency, line_item_breakdown }: Delivery,
): LifeSoFar | null {
  const own = line_item_breakdown.find((one) => one.line_item_id === line_item_id)
  if (!own) return null
  const { impressions, spend } = own
  const counted = { impressions, clicks: null, completions: null }
  return { ...counted, spend: { amount: amountOf(String(spend)), currency } }
}
