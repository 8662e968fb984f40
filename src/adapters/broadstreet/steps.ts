import {
  AdapterError,
  judge,
  lineItemIdOf,
  orderIdOf,
  type Call,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
  type StepOutcome,
} from '../adapter.ts'
import type { Campaign, Client } from './client.ts'
import { place, reconcilePlaced, reconcileUpload, upload } from './creatives.ts'

/** Carries out one step. What a campaign is to be is written whether it is that already or not: it is not all said when it is read. */
export async function executeStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<StepOutcome> {
  switch (step.kind) {
    case 'create_order': {
      await refuseUnknownZones(client, step.body['zone_ids'] as number[], call)
      return { type: 'done', external_ids: { order: await createCampaign(client, step, call) } }
    }
    case 'create_line_item':
      return { type: 'done', external_ids: { line_item: await createCampaign(client, step, call) } }
    case 'cancel_order':
      for (const id of allOf(done)) await client.writeCampaign(id, campaignIn(step), call)
      return { type: 'done', external_ids: {} }
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
      await client.writeCampaign(lineItemIdOf(done, step.package_id), campaignIn(step), call)
      return { type: 'done', external_ids: {} }
    case 'upload_creative':
      return { type: 'done', external_ids: { creative: await upload(client, step, call) } }
    case 'attach_creative':
    case 'detach_creative':
      await place(client, step, done, call)
      return { type: 'done', external_ids: {} }
    case 'await_approval':
      throw new AdapterError('permanent', 'unsupported_step', 'Broadstreet approves nothing')
  }
}

/** Looks campaigns and advertisements up by the keys in their names, and a change by what it was to make true. */
export async function reconcileStep(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  switch (step.kind) {
    case 'create_order':
      return findCampaign(client, step, call, 'order')
    case 'create_line_item':
      return findCampaign(client, step, call, 'line_item')
    case 'cancel_order':
      for (const id of allOf(done)) if (!(await stands(client, id, step, call))) return { found: 'none' }
      return { found: 'match', external_ids: {} }
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item': {
      const found = await stands(client, lineItemIdOf(done, step.package_id), step, call)
      return found ? { found: 'match', external_ids: {} } : { found: 'none' }
    }
    case 'upload_creative':
      return reconcileUpload(client, step, call)
    case 'attach_creative':
    case 'detach_creative':
      return reconcilePlaced(client, step, done, call)
    case 'await_approval':
      return { found: 'none' }
  }
}

const campaignIn = ({ body }: PlannedStep) => body['campaign'] as Partial<Campaign>
const advertiserIn = ({ body }: PlannedStep) => body['advertiser_id'] as number

/** Every campaign of an order: those of its packages first, so that nothing runs on without its record. */
function allOf(done: readonly DoneStep[]): string[] {
  return [...done.flatMap(({ external_ids }) => external_ids['line_item'] ?? []), orderIdOf(done)]
}

async function createCampaign(client: Client, step: PlannedStep, call: Call): Promise<string> {
  return String((await client.createCampaign(advertiserIn(step), campaignIn(step), call)).id)
}

async function refuseUnknownZones(client: Client, wanted: readonly number[], call: Call): Promise<void> {
  const known = new Set((await client.listZones(call)).map(({ id }) => id))
  const missing = wanted.filter((id) => !known.has(id))
  if (missing.length === 0) return
  const message = `There is no zone ${missing.join(', ')} in this network: correct zone_ids in the product's ad_server_config.`
  throw new AdapterError('config', 'unknown_zone', message)
}

/**
 * An update is seen by the name, which says all that was to change; that it goes on by its being active. A pause or an end is seen only
 * where Broadstreet tells of it: what is not active may as well have reached its cap.
 */
async function stands(client: Client, id: string, step: PlannedStep, call: Call): Promise<boolean> {
  const there = await client.readCampaign(id, call)
  const { name, paused, archived } = campaignIn(step)
  return [
    name === undefined || there.name === name,
    paused === undefined || (there.paused ?? (there.active ? false : null)) === paused,
    archived === undefined || there.archived === archived,
  ].every(Boolean)
}

async function findCampaign(
  client: Client,
  step: PlannedStep,
  call: Call,
  kind: string,
): Promise<Reconciliation> {
  const campaigns = await client.listCampaigns(advertiserIn(step), call)
  const found = campaigns.filter(({ name }) => name.endsWith(`[${step.external_key}]`))
  const { name } = campaignIn(step)
  return judge(
    step,
    found,
    (one) => one.name === name,
    ({ id }) => ({ [kind]: String(id) }),
  )
}
