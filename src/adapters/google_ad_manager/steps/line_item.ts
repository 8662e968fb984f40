import {
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
  orderIdOf,
} from '../../adapter.ts'
import type { LineItem } from '../answers.ts'
import { daysBetween, toNetworkTime } from '../network_time.ts'
import type { LineItemBody } from '../plan.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { forecastAwaited } from './forecast.ts'
import type { Network } from './network.ts'

/** A start closer than this would be past when Google reads it, and a start that is past is refused. */
const SOON_MS = 60_000

/** Makes the line item of one package. Google keeps no two apart by externalId, so the worker looks before it sends again. */
export async function createLineItem(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  const item = await resolved(network, bodyOf(step), call)
  const orderId = orderIdOf(done)
  return forecastAwaited(network.settings, call, async () => {
    const sent = { ...item, orderId, externalId: step.external_key }
    const { id } = await network.client.createLineItem(sent, call)
    return { type: 'done', external_ids: { line_item: id } }
  })
}

/** The line item of our order that has our key as its externalId. */
export async function reconcileLineItem(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const { external_key } = step
  const bound = { order: BigInt(orderIdOf(done)), key: external_key }
  const found = await network.client.findLineItems('orderId = :order AND externalId = :key', bound, call)
  const [first, ...others] = found
  if (!first) return { found: 'none' }
  const ids = found.map(({ id }) => id).join(', ')
  if (others.length > 0)
    return { found: 'conflict', detail: `${external_key} was booked ${found.length} times: ${ids}` }
  const planned = await resolved(network, bodyOf(step), call)
  if (isSold(first, planned)) return { found: 'match', external_ids: { line_item: first.id } }
  return { found: 'conflict', detail: `${external_key} was booked as something else: ${ids}` }
}

/** A line item with the network's own ids and clock in it. */
export async function resolved({ references }: Network, body: LineItemBody, call: Call): Promise<Sent> {
  const { line_item, flight, look_up, flat_micros, currency } = body
  const { timeZone } = await references.network(call)
  const fixed = line_item['targeting'] as Sent
  const days = BigInt(daysBetween(flight.start_time, flight.end_time, timeZone))
  return {
    ...line_item,
    ...startOf(flight.start_time, timeZone),
    endDateTime: { ...toNetworkTime(flight.end_time, timeZone, 'end') },
    ...(flat_micros === null
      ? {}
      : { costPerUnit: { currencyCode: currency, microAmount: (BigInt(flat_micros) / days).toString() } }),
    targeting: { ...fixed, ...(await references.targeting(look_up, call)) },
  }
}

function startOf(start: string, timeZone: string): Sent {
  if (Date.parse(start) <= Date.now() + SOON_MS) return { startDateTimeType: 'IMMEDIATELY' }
  return {
    startDateTimeType: 'USE_START_DATE_TIME',
    startDateTime: { ...toNetworkTime(start, timeZone, 'start') },
  }
}

/** Whether what stands there was sold as planned: at that price, for that much. */
function isSold(there: LineItem, planned: Sent): boolean {
  const cost = planned['costPerUnit'] as Sent
  const goal = planned['primaryGoal'] as Sent
  return (
    there.lineItemType === planned['lineItemType'] &&
    there.costType === planned['costType'] &&
    there.costPerUnit.microAmount === cost['microAmount'] &&
    there.costPerUnit.currencyCode === cost['currencyCode'] &&
    there.primaryGoal.units === goal['units']
  )
}

function bodyOf(step: PlannedStep): LineItemBody {
  return step.body as unknown as LineItemBody
}
