import { unlessGone, type Call, type LineItemStanding, type OrderStanding } from '../adapter.ts'
import type { Campaign, Client } from './client.ts'
import { orderOf, statusOf } from './held.ts'

/** How these orders stand. What should run is asked for its placements, because without one nothing is shown. */
export async function readStatus(
  client: Client,
  orderIds: readonly string[],
  call: Call,
): Promise<OrderStanding[]> {
  const standings: OrderStanding[] = []
  for (const { order, items } of await itemsOf(client, orderIds, call)) {
    const line_items: LineItemStanding[] = []
    for (const item of items) line_items.push(await standingOf(client, item, call))
    const statuses = line_items.map(({ status }) => status)
    const status = order.archived
      ? 'canceled'
      : (statuses.find((one) => one === 'serving') ?? statuses[0] ?? 'ready')
    standings.push({ order_id: String(order.id), status, line_items })
  }
  return standings
}

async function standingOf(client: Client, campaign: Campaign, call: Call): Promise<LineItemStanding> {
  const line_item_id = String(campaign.id)
  const status = statusOf(campaign)
  const standing = { line_item_id, status, reason: null, delivered: null }
  if (status !== 'serving' || (await client.listPlacements(line_item_id, call)).length > 0) return standing
  return { ...standing, status: 'not_delivering', reason: 'It has no advertisement in any zone.' }
}

/** The records of these orders with the campaigns of their packages; those that are gone are left out. */
export async function itemsOf(
  client: Client,
  orderIds: readonly string[],
  call: Call,
): Promise<{ order: Campaign; items: Campaign[] }[]> {
  const known = new Map<string, { order: Campaign; items: Campaign[] }>()
  const seen = new Set<number>()
  for (const id of orderIds) {
    if (known.has(id)) continue
    const advertiser = (await unlessGone(client.readCampaign(id, call)))?.advertiser_id
    if (!advertiser || seen.has(advertiser)) continue
    seen.add(advertiser)
    const campaigns = await client.listCampaigns(advertiser, call)
    const orders = orderOf(campaigns)
    for (const order of campaigns.filter((one) => orders.get(one.id) === one.id)) {
      const items = campaigns.filter((one) => one.id !== order.id && orders.get(one.id) === order.id)
      known.set(String(order.id), { order, items })
    }
  }
  return orderIds.flatMap((id) => known.get(id) ?? [])
}
