import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import {
  AdapterError,
  judge,
  orderIdOf,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
import { makeChange, stands } from './change_steps.ts'
import type { AdServer } from './client.ts'
import { Behaviour } from './config.ts'

const OrderBody = z.object({
  order: z.looseObject({ name: z.string(), advertiser: z.string() }),
  simulate: Behaviour,
})
const LineItemBody = z.object({
  line_item: z.record(z.string(), z.unknown()),
  simulate: Behaviour.pick({ line_item_latency_ms: true }),
})

/** Approval is asked for at least this often, and a person is asked when it has not come after that long. */
const ASK_AGAIN_MS = 60_000
const GIVE_UP_MS = 7 * 86_400_000

/** Carries out one step. @throws AdapterError as adapter.ts says. */
export async function executeStep(
  server: AdServer,
  step: PlannedStep,
  done: readonly DoneStep[],
  { signal }: Call,
): Promise<StepOutcome> {
  refuseIfAborted(signal)
  switch (step.kind) {
    case 'create_order':
      return createOrder(server, step, signal)
    case 'create_line_item':
      return createLineItem(server, step, orderIdOf(done), signal)
    case 'await_approval':
      return awaitApproval(server, step, orderIdOf(done))
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
    case 'upload_creative':
    case 'attach_creative':
    case 'detach_creative':
      return makeChange(server, step, done, signal)
  }
}

async function createOrder(server: AdServer, step: PlannedStep, signal: AbortSignal): Promise<StepOutcome> {
  const { order, simulate } = OrderBody.parse(step.body)
  if (simulate.needs_person !== null) {
    const suggested_action =
      'Put it right on the ad server and in ad_server_config.needs_person, then try again.'
    return { type: 'needs_human', message: simulate.needs_person, suggested_action }
  }
  const { name, advertiser } = order
  const orderId = await server.createOrder(
    { reference: step.external_key, name, advertiser },
    simulate,
    signal,
  )
  return { type: 'done', external_ids: { order: orderId } }
}

async function createLineItem(server: AdServer, step: PlannedStep, order_id: string, signal: AbortSignal) {
  const { line_item, simulate } = LineItemBody.parse(step.body)
  const item = { order_id, reference: step.external_key, body: line_item }
  const lineItemId = await server.createLineItem(item, simulate.line_item_latency_ms, signal)
  return { type: 'done', external_ids: { line_item: lineItemId } } satisfies StepOutcome
}

async function awaitApproval(server: AdServer, step: PlannedStep, orderId: string): Promise<StepOutcome> {
  const order = await server.readOrder(orderId, step.external_key)
  if (!order)
    throw new AdapterError('permanent', 'order_gone', `Order ${orderId} is no longer on the ad server`)
  if (order.status === 'approved') return { type: 'done', external_ids: {} }
  if (order.status !== 'pending_approval')
    throw new AdapterError(
      'permanent',
      'order_rejected',
      `Order ${orderId} is ${order.status} on the ad server`,
    )
  const retry_after_ms = Math.min(ASK_AGAIN_MS, Math.max(1, Math.ceil(order.approved_in_ms ?? ASK_AGAIN_MS)))
  return { type: 'wait', reason: 'waiting_for_approval', retry_after_ms, give_up_after_ms: GIVE_UP_MS }
}

/** Looks an order or line item up by its reference. Approval leaves nothing to be found. */
export async function reconcileStep(
  server: AdServer,
  step: PlannedStep,
  done: readonly DoneStep[],
  { signal }: Call,
): Promise<Reconciliation> {
  refuseIfAborted(signal)
  switch (step.kind) {
    case 'create_order': {
      const { order } = OrderBody.parse(step.body)
      const found = await server.findOrders(step.external_key)
      const matches = ({ name, advertiser }: (typeof found)[number]) =>
        name === order.name && advertiser === order.advertiser
      return judge(step, found, matches, ({ order_id }) => ({ order: order_id }))
    }
    case 'create_line_item': {
      const { line_item } = LineItemBody.parse(step.body)
      const found = await server.findLineItems(step.external_key)
      const matches = ({ body }: (typeof found)[number]) => isDeepStrictEqual(body, line_item)
      return judge(step, found, matches, ({ line_item_id }) => ({ line_item: line_item_id }))
    }
    case 'await_approval':
      return { found: 'none' }
    case 'upload_creative': {
      const found = await server.findCreatives(step.external_key)
      const [one] = found
      return one ? { found: 'match', external_ids: { creative: one.creative_id } } : { found: 'none' }
    }
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
    case 'attach_creative':
    case 'detach_creative':
      return (await stands(server, step, done)) ? { found: 'match', external_ids: {} } : { found: 'none' }
  }
}

/** @throws AdapterError('transient') when the caller has given up already. */
export function refuseIfAborted(signal: AbortSignal): void {
  if (signal.aborted)
    throw new AdapterError('transient', 'aborted', 'The call was given up before it was made')
}
