import {
  AdapterError,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../../adapter.ts'
import type { OrderBody } from '../plan.ts'
import { findAdvertiser } from './advertiser.ts'
import type { Network } from './network.ts'

/**
 * Makes the order. Everything its line items need from the network is looked up first, so that a refusal leaves nothing behind.
 * A name that is taken was taken by us: an earlier call arrived.
 */
export async function createOrder(
  network: Network,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  const body = bodyOf(step)
  const { client, references, settings } = network
  await checkCurrency(network, body.currency, call)
  for (const lookUps of body.look_up) await references.targeting(lookUps, call)
  const advertiser = await findAdvertiser(network, body.advertiser, call)
  if (advertiser.state === 'just_created')
    return { type: 'wait', reason: 'advertiser_created', retry_after_ms: 2000, give_up_after_ms: 86_400_000 }
  const traffickerId = settings.trafficker_id ?? (await references.user(call)).id
  try {
    const { id } = await client.createOrder(
      { ...body.order, advertiserId: advertiser.id, traffickerId },
      call,
    )
    return { type: 'done', external_ids: { order: id } }
  } catch (error) {
    if (!(error instanceof AdapterError) || error.code !== 'UniqueError.NOT_UNIQUE') throw error
    const earlier = await reconcileOrder(network, step, done, call)
    if (earlier.found === 'match') return { type: 'done', external_ids: earlier.external_ids }
    throw error
  }
}

/** The order whose name ends with our key. Google keeps names unique, archived orders included. */
export async function reconcileOrder(
  { client }: Network,
  step: PlannedStep,
  _done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const { order, advertiser } = bodyOf(step)
  const ending = `[${step.external_key}]`
  const found = (await client.findOrders('name LIKE :name', { name: `%${ending}` }, call)).filter(
    ({ name }) => name.endsWith(ending),
  )
  const [first, ...others] = found
  if (!first) return { found: 'none' }
  const ids = found.map(({ id }) => id).join(', ')
  if (others.length > 0)
    return { found: 'conflict', detail: `${step.external_key} was booked ${found.length} times: ${ids}` }
  const same =
    first.name === order.name &&
    first.poNumber === (order.poNumber ?? '') &&
    (advertiser.id === null || first.advertiserId === advertiser.id)
  if (same) return { found: 'match', external_ids: { order: first.id } }
  return { found: 'conflict', detail: `${step.external_key} was booked as something else: ${ids}` }
}

async function checkCurrency({ references }: Network, currency: string, call: Call): Promise<void> {
  const { currencyCode, secondaryCurrencyCodes } = await references.network(call)
  if ([currencyCode, ...secondaryCurrencyCodes].includes(currency)) return
  const takes = [currencyCode, ...secondaryCurrencyCodes].join(', ')
  const message = `currency ${currency} cannot be booked on this network, which takes ${takes}.`
  throw new AdapterError('permanent', 'unsupported_currency', message)
}

function bodyOf(step: PlannedStep): OrderBody {
  return step.body as unknown as OrderBody
}
