import {
  unlessGone,
  type Call,
  type HeldStatus,
  type LineItemStanding,
  type OrderStanding,
} from '../adapter.ts'
import type { Client, Thing } from './client.ts'
import { statusOf } from './held.ts'

const LARGEST_ID = 2_147_483_647

/** How these campaigns and their flights stand. What should run is asked for its ads, because without one nothing is shown. */
export async function readStatus(
  client: Client,
  orderIds: readonly string[],
  call: Call,
): Promise<OrderStanding[]> {
  const standings: OrderStanding[] = []
  for (const order_id of orderIds.filter((id) => Number(id) <= LARGEST_ID)) {
    const campaign = await unlessGone(client.readCampaign(order_id, call))
    if (!campaign) continue
    const line_items: LineItemStanding[] = []
    for (const flight of await client.listFlights(order_id, call))
      line_items.push(await standingOf(client, campaign, flight, call))
    standings.push({ order_id, status: statusOfAll(campaign, line_items), line_items })
  }
  return standings
}

async function standingOf(
  client: Client,
  campaign: Thing,
  flight: Thing,
  call: Call,
): Promise<LineItemStanding> {
  const line_item_id = String(flight.Id)
  const above = statusOf(campaign)
  const status = above === 'canceled' || above === 'paused' ? above : statusOf(flight)
  if (status !== 'serving') return { line_item_id, status, reason: null, delivered: null }
  const ads = await client.listAds(line_item_id, call)
  if (ads.some(({ IsActive, IsDeleted }) => IsActive && !IsDeleted))
    return { line_item_id, status, reason: null, delivered: null }
  const reason = 'It has no ad that is switched on.'
  return { line_item_id, status: 'not_delivering', reason, delivered: null }
}

function statusOfAll(campaign: Thing, items: readonly LineItemStanding[]): HeldStatus {
  const own = statusOf(campaign)
  if (own !== 'ready') return own
  const statuses = items.map(({ status }) => status)
  return statuses.find((one) => one === 'serving') ?? statuses[0] ?? own
}
