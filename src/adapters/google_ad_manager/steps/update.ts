import type { Call, DoneStep, PlannedStep, Reconciliation, StepOutcome } from '../../adapter.ts'
import type { UpdateBody } from '../plan_change.ts'
import { changedLineItem, insideOf } from '../whole_line_item.ts'
import type { Sent, SentValue } from '../wsdl/canonical.ts'
import { requireItem } from './actions.ts'
import { forecastAwaited } from './forecast.ts'
import { resolved } from './line_item.ts'
import type { Network } from './network.ts'

/** Changes a line item in what its package changed, and sends everything else back as it was. */
export async function updateLineItem(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  const { client, settings } = network
  const { id } = await requireItem(network, step, done, call)
  const { wanted, fields } = await wantedOf(network, step, call)
  const there = insideOf(await client.readLineItemXml(id, call))
  const sent = await client.lineItemXml(wanted)
  const flags = ['allowOverbook', 'skipInventoryCheck'].filter((name) => wanted[name] === true)
  const whole = changedLineItem(there, sent, [...fields, ...flags])
  return forecastAwaited(settings, call, async () => {
    await client.updateLineItemXml(whole, call)
    return { type: 'done', external_ids: {} }
  })
}

/** Whether the line item already is what this step would make it. */
export async function reconcileUpdate(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const { id } = await requireItem(network, step, done, call)
  const there = await network.client.readLineItem(id, call)
  const { wanted, fields } = await wantedOf(network, step, call)
  const same = fields.every((name) => isLike(wanted[name], there[name]))
  return same ? { found: 'match', external_ids: {} } : { found: 'none' }
}

async function wantedOf(
  network: Network,
  step: PlannedStep,
  call: Call,
): Promise<{ wanted: Sent; fields: string[] }> {
  const { fields, ...body } = step.body as unknown as UpdateBody
  const wanted = await resolved(network, body, call)
  // a flight that has begun keeps its start: Google changes nothing about it any more
  const begun = wanted['startDateTime'] === undefined
  const starts = ['startDateTime', 'startDateTimeType']
  return { wanted, fields: begun ? fields.filter((name) => !starts.includes(name)) : fields }
}

/** Whether all of `wanted` stands in `there`, and nothing where nothing is wanted. Google adds names and types of its own. */
function isLike(wanted: SentValue, there: unknown): boolean {
  if (wanted === undefined || wanted === null) return there === undefined || there === null
  if (Array.isArray(wanted)) {
    const list = (there ?? []) as unknown[]
    const items = wanted as readonly SentValue[]
    return items.length === list.length && items.every((one) => list.some((other) => isLike(one, other)))
  }
  if (typeof wanted !== 'object') return String(wanted) === String(there)
  const object = (there ?? {}) as Record<string, unknown>
  return Object.entries(wanted)
    .filter(([name]) => name !== 'xsi_type')
    .every(([name, one]) => isLike(one, object[name]))
}
