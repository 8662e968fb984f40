import {
  AdapterError,
  lineItemIdOf,
  orderIdOf,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../../adapter.ts'
import type { LineItem } from '../answers.ts'
import { forecastAwaited } from './forecast.ts'
import type { Network } from './network.ts'

type Done = readonly DoneStep[]
const finished: StepOutcome = { type: 'done', external_ids: {} }

/** Statuses of a line item whose order is not approved yet: nothing runs, so there is nothing to pause or resume. */
const asleep = ['DRAFT', 'PENDING_APPROVAL', 'DISAPPROVED']
const running = ['READY', 'DELIVERING', 'DELIVERY_EXTENDED', 'INACTIVE']

/** Pauses a line item. One that is not approved yet is paused by the approval step, as soon as it could run. */
export async function pauseLineItem(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const item = await readItem(network, step, done, call)
  if (item && running.includes(item.status))
    await network.client.actOnLineItem(item.id, { xsi_type: 'PauseLineItems' }, call)
  return finished
}

/** Resumes a line item, if it is paused. */
export async function resumeLineItem(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const { client, settings } = network
  const item = await readItem(network, step, done, call)
  if (!item || !item.status.startsWith('PAUSED')) return finished
  const skipInventoryCheck = settings.skip_inventory_check ? true : undefined
  return forecastAwaited(settings, call, async () => {
    await client.actOnLineItem(item.id, { xsi_type: 'ResumeLineItems', skipInventoryCheck }, call)
    return finished
  })
}

/** Ends a line item: pauses it if it runs, and puts it in the archive. Google has no other way to take one back. */
export async function cancelLineItem(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const { client } = network
  const item = await readItem(network, step, done, call)
  if (!item || item.isArchived) return finished
  if (running.includes(item.status)) await client.actOnLineItem(item.id, { xsi_type: 'PauseLineItems' }, call)
  await client.actOnLineItem(item.id, { xsi_type: 'ArchiveLineItems' }, call)
  return finished
}

/** Ends an order with all its line items: pauses what runs, and puts it in the archive, where its name stays taken. */
export async function cancelOrder(
  { client }: Network,
  _step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const orderId = orderIdOf(done)
  const [order] = await client.findOrders('id = :id', { id: BigInt(orderId) }, call)
  if (!order || order.isArchived) return finished
  const items = await client.findLineItems('orderId = :order', { order: BigInt(orderId) }, call)
  for (const { id, status, isArchived } of items)
    if (!isArchived && running.includes(status))
      await client.actOnLineItem(id, { xsi_type: 'PauseLineItems' }, call)
  await client.actOnOrder(orderId, { xsi_type: 'ArchiveOrders' }, call)
  return finished
}

/** Whether a line item or an order is already as one of these steps would leave it. */
export async function reconcileAction(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<Reconciliation> {
  if (step.kind === 'cancel_order') {
    const [order] = await network.client.findOrders('id = :id', { id: BigInt(orderIdOf(done)) }, call)
    return found(!order || order.isArchived)
  }
  const item = await readItem(network, step, done, call)
  if (step.kind === 'cancel_line_item') return found(!item || item.isArchived)
  if (!item || asleep.includes(item.status)) return found(false)
  return found(item.status.startsWith('PAUSED') === (step.kind === 'pause_line_item'))
}

/** Pauses what was to be paused before its order was approved, and could not be. */
export async function pauseHeld(network: Network, done: Done, call: Call): Promise<void> {
  const last = new Map<string | null, DoneStep['kind']>()
  for (const { kind, package_id } of done)
    if (kind === 'pause_line_item' || kind === 'resume_line_item') last.set(package_id, kind)
  const held = [...last]
    .filter(([, kind]) => kind === 'pause_line_item')
    .map(([id]) => lineItemIdOf(done, id))
  if (held.length === 0) return
  const bound = { order: BigInt(orderIdOf(done)) }
  const items = await network.client.findLineItems('orderId = :order', bound, call)
  const awake = items.filter(({ id, status }) => held.includes(id) && running.includes(status))
  for (const { id } of awake) await network.client.actOnLineItem(id, { xsi_type: 'PauseLineItems' }, call)
}

async function readItem(
  { client }: Network,
  { package_id }: PlannedStep,
  done: Done,
  call: Call,
): Promise<LineItem | undefined> {
  const id = BigInt(lineItemIdOf(done, package_id))
  const [item] = await client.findLineItems('id = :id', { id }, call)
  return item
}

/** The line item of a step that cannot do without it. @throws AdapterError('needs_human') when it is gone. */
export async function requireItem(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<LineItem> {
  const item = await readItem(network, step, done, call)
  if (item && !item.isArchived) return item
  const id = lineItemIdOf(done, step.package_id)
  throw new AdapterError('needs_human', 'line_item_gone', `Line item ${id} is no longer on Google Ad Manager`)
}

function found(stands: boolean): Reconciliation {
  return stands ? { found: 'match', external_ids: {} } : { found: 'none' }
}
