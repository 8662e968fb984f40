import {
  creativeIdOf,
  lineItemIdOf,
  orderIdOf,
  type Call,
  type CreativeRef,
  type DoneStep,
  type PlannedStep,
  type Reconciliation,
} from '../adapter.ts'
import type { Client } from './client.ts'

/** Makes a creative and gives its id. */
export async function upload(client: Client, creative: object, call: Call): Promise<string> {
  return String((await client.createCreative(creative, call)).Id)
}

/** Looks it up among those of the advertiser, by the key in its title. */
export async function reconcileUpload(
  client: Client,
  { external_key, body }: PlannedStep,
  call: Call,
): Promise<Reconciliation> {
  const { AdvertiserId } = body['creative'] as { AdvertiserId: number }
  const all = await client.listCreatives(AdvertiserId, call)
  const found = all.find(({ Title }) => typeof Title === 'string' && Title.endsWith(`[${external_key}]`))
  return found ? { found: 'match', external_ids: { creative: String(found.Id) } } : { found: 'none' }
}

/** An ad is a creative on a flight: it is made once and then switched on and off (dev.kevel.com/docs/create-ads). */
export async function show(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<void> {
  const { flightId, creativeId, active, ads } = await adsOf(client, step, done, call)
  if (ads.some(({ IsActive }) => IsActive) === active) return
  const shown = {
    CampaignId: Number(orderIdOf(done)),
    FlightId: Number(flightId),
    Creative: { Id: creativeId },
    IsActive: active,
    IsDeleted: false,
  }
  const others = active ? ads.slice(0, 1) : ads.filter(({ IsActive }) => IsActive)
  for (const { Id } of others) await client.writeAd(flightId, Id, { Id, ...shown }, call)
  if (others.length === 0) await client.createAd(flightId, shown, call)
}

/** True if the creative is shown, or is not, as the step wants it. */
export async function reconcileShown(
  client: Client,
  step: PlannedStep,
  done: readonly DoneStep[],
  call: Call,
): Promise<Reconciliation> {
  const { active, ads } = await adsOf(client, step, done, call)
  const stands = ads.some(({ IsActive }) => IsActive) === active
  return stands ? { found: 'match', external_ids: {} } : { found: 'none' }
}

async function adsOf(client: Client, step: PlannedStep, done: readonly DoneStep[], call: Call) {
  const flightId = lineItemIdOf(done, step.package_id)
  const creativeId = Number(creativeIdOf(done, step.body['creative'] as CreativeRef))
  const { IsActive: active } = step.body['ad'] as { IsActive: boolean }
  const all = await client.listAds(flightId, call)
  const ads = all.filter(({ Creative, IsDeleted }) => Creative.Id === creativeId && !IsDeleted)
  return { flightId, creativeId, active, ads }
}
