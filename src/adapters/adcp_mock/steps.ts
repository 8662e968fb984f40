import { isDeepStrictEqual } from 'node:util'
import {
  AdapterError,
  creativeIdOf,
  lineItemIdOf,
  orderIdOf,
  type Call,
  type CreativeRef,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
import type { Client, LineItem, Order } from './client.ts'

/** A person is asked when approval has not come after that long. */
const GIVE_UP_MS = 7 * 86_400_000

/** Carries out one step. Sending it again is harmless: the ad server knows it by its client_request_id. */
export async function executeStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
  pollIntervalMs: number,
): Promise<StepOutcome> {
  const body = { ...step.body, client_request_id: step.external_key }
  switch (step.kind) {
    case 'create_order':
      return { type: 'done', external_ids: idsOfOrder(await client.createOrder(body, call)) }
    case 'create_line_item': {
      const { line_item_id } = await client.createLineItem(orderIdOf(done), body, call)
      return { type: 'done', external_ids: { line_item: line_item_id } }
    }
    case 'await_approval': {
      if (await isApproved(client, done, call)) return { type: 'done', external_ids: {} }
      const retry_after_ms = pollIntervalMs
      return { type: 'wait', reason: 'waiting_for_approval', retry_after_ms, give_up_after_ms: GIVE_UP_MS }
    }
    case 'upload_creative': {
      const { creative_id } = await client.createCreative(body, call)
      return { type: 'done', external_ids: { creative: creative_id } }
    }
    case 'attach_creative': {
      const creative_id = creativeIdOf(done, refOf(step))
      await client.attachCreative(orderIdOf(done), lineItemIdOf(done, step.package_id), { creative_id }, call)
      return { type: 'done', external_ids: {} }
    }
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
    case 'detach_creative':
      throw new AdapterError('permanent', 'unsupported_change', `This ad server cannot ${step.kind}`)
  }
}

const refOf = ({ body }: PlannedStep) => body['creative'] as CreativeRef

async function isApproved(client: Client, done: readonly DoneStep[], call: Call): Promise<boolean> {
  const taskId = idOf(done, 'create_order', 'approval_task')
  if (taskId === undefined) return isOrderApproved(await client.readOrder(orderIdOf(done), call))
  const { status, result } = await client.readTask(taskId, call)
  if (status === 'rejected' || result?.outcome === 'rejected')
    throw new AdapterError('permanent', 'order_rejected', 'The ad server did not approve the order')
  return status === 'completed'
}

// an order found again after its approval no longer names its approval task
function isOrderApproved({ order_id, status }: Order): boolean {
  if (status === 'rejected' || status === 'canceled')
    throw new AdapterError('permanent', 'order_rejected', `Order ${order_id} is ${status} on the ad server`)
  return status === 'approved' || status === 'delivering' || status === 'completed'
}

/** Looks an order up by the key in its name, and a line item by what it holds. Approval leaves nothing to be found. */
export async function reconcileStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  switch (step.kind) {
    case 'create_order':
      return reconcileOrder(step, await client.listOrders(call))
    case 'create_line_item':
      return reconcileLineItem(step, done, await client.listLineItems(orderIdOf(done), call))
    case 'upload_creative': {
      const mine = `[${step.external_key}]`
      const found = (await client.listCreatives(call)).find(({ name }) => name.endsWith(mine))
      return found ? { found: 'match', external_ids: { creative: found.creative_id } } : { found: 'none' }
    }
    case 'attach_creative': {
      const items = await client.listLineItems(orderIdOf(done), call)
      const lineItemId = lineItemIdOf(done, step.package_id)
      const item = items.find(({ line_item_id }) => line_item_id === lineItemId)
      const attached = item?.creative_ids.includes(creativeIdOf(done, refOf(step)))
      return attached ? { found: 'match', external_ids: {} } : { found: 'none' }
    }
    case 'await_approval':
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
    case 'detach_creative':
      return { found: 'none' }
  }
}

function reconcileOrder({ external_key, body }: PlannedStep, orders: Order[]): Reconciliation {
  const found = orders.filter(({ name }) => name.endsWith(`[${external_key}]`))
  const [order, ...others] = found
  if (!order) return { found: 'none' }
  const all = found.map(({ order_id }) => order_id).join(', ')
  if (others.length > 0)
    return { found: 'conflict', detail: `${external_key} was booked ${found.length} times: ${all}` }
  const { name, advertiser_id, currency, budget } = order
  if (isDeepStrictEqual({ name, advertiser_id, currency, budget }, body))
    return { found: 'match', external_ids: idsOfOrder(order) }
  return { found: 'conflict', detail: `${external_key} was booked as something else: ${all}` }
}

// the ad server lists neither names nor keys of line items; those of finished steps are known by their ids
function reconcileLineItem(
  { external_key, body }: PlannedStep,
  done: readonly DoneStep[],
  items: LineItem[],
): Reconciliation {
  const taken = new Set(done.map(({ external_ids }) => external_ids['line_item']))
  const found = items.filter(
    ({ line_item_id, product_id, budget, ad_unit_targeting }) =>
      !taken.has(line_item_id) && isDeepStrictEqual({ product_id, budget, ad_unit_targeting }, body),
  )
  const [item, ...others] = found
  if (!item) return { found: 'none' }
  if (others.length === 0) return { found: 'match', external_ids: { line_item: item.line_item_id } }
  const all = found.map(({ line_item_id }) => line_item_id).join(', ')
  return { found: 'conflict', detail: `${external_key} could be any of ${all}` }
}

function idsOfOrder({ order_id, approval_task_id }: Order): Record<string, string> {
  return { order: order_id, ...(approval_task_id === undefined ? {} : { approval_task: approval_task_id }) }
}

function idOf(done: readonly DoneStep[], kind: PlannedStep['kind'], object: string): string | undefined {
  return done.find((step) => step.kind === kind)?.external_ids[object]
}
