import {
  AdapterError,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
  orderIdOf,
} from '../../adapter.ts'
import type { Settings } from '../config.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { pauseHeld } from './actions.ts'
import { forecastAwaited, later } from './forecast.ts'
import type { Network } from './network.ts'

/**
 * Brings an order from draft to approved: by approving it, or where the publisher or Google wants somebody else to, by submitting it
 * and asking from time to time. Asks what the order is before it acts, so doing it twice does it once.
 */
export async function awaitApproval(
  network: Network,
  _step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  const orderId = orderIdOf(done)
  const status = await statusOf(network, orderId, call)
  switch (status) {
    case 'APPROVED':
    case 'PAUSED':
      return approved(network, done, call)
    case 'PENDING_APPROVAL':
      return later(network.settings, 'waiting_for_approval', call)
    case 'DRAFT':
      return network.settings.approval === 'approve'
        ? approve(network, done, call)
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
  _step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const held = done.some(({ kind }) => kind === 'pause_line_item')
  const status = await statusOf(network, orderIdOf(done), call)
  return status === 'APPROVED' && !held ? { found: 'match', external_ids: {} } : { found: 'none' }
}

async function statusOf({ client }: Network, orderId: string, call: Call): Promise<string> {
  const [order] = await client.findOrders('id = :id', { id: BigInt(orderId) }, call)
  if (order) return order.status
  throw new AdapterError('needs_human', 'order_gone', `Order ${orderId} is no longer on Google Ad Manager`)
}

/** What was to be paused before it could run is paused now. */
async function approved(network: Network, done: readonly DoneStep[], call: Call): Promise<StepOutcome> {
  await pauseHeld(network, done, call)
  return { type: 'done', external_ids: {} }
}

async function approve(network: Network, done: readonly DoneStep[], call: Call): Promise<StepOutcome> {
  const { settings, client } = network
  const orderId = orderIdOf(done)
  const approving = action('ApproveOrders', 'ApproveAndOverbookOrders', settings)
  try {
    return await forecastAwaited(settings, call, async () => {
      const changed = await client.actOnOrder(orderId, approving, call)
      // nothing changed: somebody else was faster, and the next look says what they did
      return changed > 0 ? approved(network, done, call) : later(settings, 'waiting_for_approval', call)
    })
  } catch (error) {
    if (error instanceof AdapterError && mayNotApprove(error)) return submit(network, orderId, call)
    throw error
  }
}

function submit({ settings, client }: Network, orderId: string, call: Call): Promise<StepOutcome> {
  const submitting = action('SubmitOrdersForApproval', 'SubmitOrdersForApprovalAndOverbook', settings)
  return forecastAwaited(settings, call, async () => {
    await client.actOnOrder(orderId, submitting, call)
    return later(settings, 'waiting_for_approval', call)
  })
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
