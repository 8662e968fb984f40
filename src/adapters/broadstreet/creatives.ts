import {
  creativeIdOf,
  lineItemIdOf,
  type Call,
  type CreativeRef,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
} from '../adapter.ts'
import type { Client } from './client.ts'

/** Makes an advertisement and gives its id. */
export async function upload(client: Client, { body }: PlannedStep, call: Call): Promise<string> {
  const made = await client.createAdvertisement(advertiserIn(body), body['advertisement'] as object, call)
  return String(made.id)
}

/** Looks it up among those of the advertiser, by the key in its name. */
export async function reconcileUpload(
  client: Client,
  { external_key, body }: PlannedStep,
  call: Call,
): Promise<Reconciliation> {
  const all = await client.listAdvertisements(advertiserIn(body), call)
  const found = all.find(({ name }) => name.endsWith(`[${external_key}]`))
  return found ? { found: 'match', external_ids: { creative: String(found.id) } } : { found: 'none' }
}

const advertiserIn = (body: PlannedStep['body']) => body['advertiser_id'] as number

/** Places an advertisement in every zone it is not in yet, or takes it out of every zone it is in. */
export async function place(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<void> {
  const { campaignId, advertisementId, missing, placed } = await placesOf(client, step, done, call)
  const ids = { campaign_id: Number(campaignId), advertisement_id: advertisementId }
  if (step.kind === 'attach_creative')
    for (const zone_id of missing) await client.createPlacement({ ...ids, zone_id }, call)
  else for (const zone_id of placed) await client.deletePlacement(texts({ ...ids, zone_id }), call)
}

/** True if it is in all its zones, or in none. */
export async function reconcilePlaced(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const { missing, placed } = await placesOf(client, step, done, call)
  const left = step.kind === 'attach_creative' ? missing : placed
  return left.length === 0 ? { found: 'match', external_ids: {} } : { found: 'none' }
}

async function placesOf(client: Client, step: PlannedStep, done: readonly DoneStep[], call: Call) {
  const campaignId = lineItemIdOf(done, step.package_id)
  const advertisementId = Number(creativeIdOf(done, step.body['creative'] as CreativeRef))
  const all = await client.listPlacements(campaignId, call)
  const placed = all
    .filter(({ advertisement_id }) => advertisement_id === advertisementId)
    .map(({ zone_id }) => zone_id)
  const zones = step.body['zone_ids'] as number[]
  const missing = zones.filter((id) => !placed.includes(id))
  return { campaignId, advertisementId, missing, placed: [...new Set(placed)] }
}

const texts = (ids: Record<string, number>) =>
  Object.fromEntries(Object.entries(ids).map(([name, id]) => [name, String(id)] as const))
