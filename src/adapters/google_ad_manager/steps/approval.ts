import {
  AdapterError,
  type Call,
  type DoneStep,
  type Reconciliation,
  type StepOutcome,
  orderIdOf,
} from '../../adapter.ts'
import type { Settings } from '../config.ts'
import type { Sent } from '../wsdl/canonical.ts'
import type { Network } from './network.ts'

const LONGEST_PAUSE_MINUTES = 60

/**
 * Brings an order from draft to approved: by approving it, or where the publisher or Google wants somebody else to, by submitting it
 * and asking from time to time. Asks what the order is before it acts, so doing it twice does it once.
 */
export async function awaitApproval(
  network: Network,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  const orderId = orderIdOf(done)
  const status = await statusOf(network, orderId, call)
  switch (status) {
    case 'APPROVED':
    case 'PAUSED':
      return { type: 'done', external_ids: {} }
    case 'PENDING_APPROVAL':
      return later(network.settings, 'waiting_for_approval', call)
    case 'DRAFT':
      return network.settings.approval === 'approve'
        ? approve(network, orderId, call)
        : submit(network, orderId, call)
    default:
      throw new AdapterError(
        'permanent',
        'order_rejected',
        `Order ${orderId} is ${status} on Google Ad Manager`,
      )
  }
}

/** Whether an earlier call that got no answer has approved it. */
export async function reconcileApproval(
  network: Network,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const status = await statusOf(network, orderIdOf(done), call)
  return status === 'APPROVED' ? { found: 'match', external_ids: {} } : { found: 'none' }
}

async function statusOf({ client }: Network, orderId: string, call: Call): Promise<string> {
  const [order] = await client.findOrders('id = :id', { id: BigInt(orderId) }, call)
  if (order) return order.status
  throw new AdapterError('needs_human', 'order_gone', `Order ${orderId} is no longer on Google Ad Manager`)
}

async function approve(network: Network, orderId: string, call: Call): Promise<StepOutcome> {
  const { settings, client } = network
  try {
    const changed = await client.actOnOrder(
      orderId,
      action('ApproveOrders', 'ApproveAndOverbookOrders', settings),
      call,
    )
    // nothing changed: somebody else was faster, and the next look says what they did
    return changed > 0 ? { type: 'done', external_ids: {} } : later(settings, 'waiting_for_approval', call)
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    if (error.code === 'ForecastError.NO_FORECAST_YET') return later(settings, 'waiting_for_forecast', call)
    if (mayNotApprove(error)) return submit(network, orderId, call)
    throw error
  }
}

async function submit({ settings, client }: Network, orderId: string, call: Call): Promise<StepOutcome> {
  const submitting = action('SubmitOrdersForApproval', 'SubmitOrdersForApprovalAndOverbook', settings)
  try {
    await client.actOnOrder(orderId, submitting, call)
  } catch (error) {
    if (error instanceof AdapterError && error.code === 'ForecastError.NO_FORECAST_YET')
      return later(settings, 'waiting_for_forecast', call)
    throw error
  }
  return later(settings, 'waiting_for_approval', call)
}

function mayNotApprove({ code }: AdapterError): boolean {
  return code === 'OrderActionError.PERMISSION_DENIED' || code.startsWith('PermissionError.')
}

function action(plain: string, overbooking: string, { overbook, skip_inventory_check }: Settings): Sent {
  return {
    xsi_type: overbook ? overbooking : plain,
    skipInventoryCheck: skip_inventory_check ? true : undefined,
  }
}

/** Ask again, each time after twice as long, an hour at most. */
function later(settings: Settings, reason: string, { attempt }: Call): StepOutcome {
  const minutes = Math.min(settings.poll_minutes * 2 ** Math.min(attempt - 1, 10), LONGEST_PAUSE_MINUTES)
  return {
    type: 'wait',
    reason,
    retry_after_ms: Math.max(minutes, settings.poll_minutes) * 60_000,
    give_up_after_ms: settings.wait_hours * 3_600_000,
  }
}
