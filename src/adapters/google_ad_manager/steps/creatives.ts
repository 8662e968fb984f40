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
} from '../../adapter.ts'
import { beginning } from '../../../plain_line.ts'
import type { Association } from '../answers.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { withFiles, type Complete } from '../creatives/files.ts'
import { objectionTo } from '../read/objections.ts'
import { later } from './forecast.ts'
import type { Network } from './network.ts'

type Done = readonly DoneStep[]
interface UploadBody {
  creative_id: string
  name: string
  creative: Sent
}
type Unavailable = Extract<Complete, { type: 'unavailable' }>
const finished: StepOutcome = { type: 'done', external_ids: {} }

/** Puts a creative into the library of the order's advertiser. Our key is in its name, so that it is found again. */
export async function uploadCreative(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const { creative_id, name, creative } = step.body as unknown as UploadBody
  const ending = ` [${step.external_key}]`
  const advertiserId = await advertiserOf(network, done, call)
  const whole = await withFiles(creative, network.download, call.signal)
  if (whole.type === 'unavailable') return incomplete(creative_id, whole, network, call)
  const sent = { ...whole.creative, advertiserId, name: beginning(name, 255 - ending.length) + ending }
  const { id } = await network.client.createCreative(sent, call)
  return { type: 'done', external_ids: { creative: id } }
}

/** A file a buyer's host does not give out now is asked for again; one that is wrong is the buyer's to put right. */
function incomplete(
  creative_id: string,
  { why, lasting }: Unavailable,
  network: Network,
  call: Call,
): StepOutcome {
  if (!lasting) return later(network.settings, 'waiting_for_asset', call)
  return { type: 'creative_refused', creative_id, reason: why }
}

/** The creative whose name ends with our key; where it was uploaded twice, the first. */
export async function reconcileUpload(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<Reconciliation> {
  const ending = `[${step.external_key}]`
  const bound = { advertiser: BigInt(await advertiserOf(network, done, call)), name: `%${ending}` }
  const found = await network.client.findCreatives(
    'advertiserId = :advertiser AND name LIKE :name',
    bound,
    call,
  )
  const [one] = found.filter(({ name }) => name.endsWith(ending))
  return one ? { found: 'match', external_ids: { creative: one.id } } : { found: 'none' }
}

/** Shows a creative on a line item. One Google's review objects to is refused. */
export async function attachCreative(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const { client } = network
  const ids = idsOf(step, done)
  const [creative] = await client.findCreatives('id = :id', { id: BigInt(ids.creativeId) }, call)
  const reason = creative && objectionTo(creative)
  if (reason !== undefined) return { type: 'creative_refused', creative_id: refOf(step).creative_id, reason }
  const there = await findAssociation(network, ids, call)
  if (!there) await client.createAssociation(ids, call)
  else if (there.status !== 'ACTIVE')
    await client.actOnAssociation(ids, { xsi_type: 'ActivateLineItemCreativeAssociations' }, call)
  return finished
}

/** Takes a creative off a line item; its figures stay. */
export async function detachCreative(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<StepOutcome> {
  const ids = idsOf(step, done)
  const there = await findAssociation(network, ids, call)
  if (there?.status === 'ACTIVE')
    await network.client.actOnAssociation(ids, { xsi_type: 'DeactivateLineItemCreativeAssociations' }, call)
  return finished
}

/** Whether the creative is already shown, or no longer, as the step wants it. */
export async function reconcileAssociation(
  network: Network,
  step: PlannedStep,
  done: Done,
  call: Call,
): Promise<Reconciliation> {
  const there = await findAssociation(network, idsOf(step, done), call)
  const stands = (there?.status === 'ACTIVE') === (step.kind === 'attach_creative')
  return stands ? { found: 'match', external_ids: {} } : { found: 'none' }
}

interface Ids {
  lineItemId: string
  creativeId: string
}

const refOf = ({ body }: PlannedStep) => (body as unknown as { creative: CreativeRef }).creative

function idsOf(step: PlannedStep, done: Done): Ids {
  return { lineItemId: lineItemIdOf(done, step.package_id), creativeId: creativeIdOf(done, refOf(step)) }
}

async function findAssociation({ client }: Network, ids: Ids, call: Call): Promise<Association | undefined> {
  const [one] = await client.findAssociations(ids, call)
  return one
}

/** The advertiser of the order, whose library its creatives must be in. */
async function advertiserOf({ client }: Network, done: Done, call: Call): Promise<string> {
  const [order] = await client.findOrders('id = :id', { id: BigInt(orderIdOf(done)) }, call)
  if (order) return order.advertiserId
  throw new AdapterError(
    'needs_human',
    'order_gone',
    `Order ${orderIdOf(done)} is no longer on Google Ad Manager`,
  )
}
