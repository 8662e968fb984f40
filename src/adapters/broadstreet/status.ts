import {
  AdapterError,
  unlessGone,
  type Call,
  type Delivered,
  type LineItemStanding,
  type OrderStanding,
} from '../adapter.ts'
import type { Campaign, Client } from './client.ts'
import type { Settings } from './config.ts'
import { orderOf, statusOf, stopped } from './held.ts'
import { termsIn } from './terms.ts'

/** How these orders stand. What should run is asked for its placements, because without one nothing is shown. */
export async function readStatus(
  client: Client,
  settings: Settings,
  orderIds: readonly string[],
  call: Call,
): Promise<OrderStanding[]> {
  const standings: OrderStanding[] = []
  const found = await itemsOf(client, orderIds, call)
  const campaigns = found.flatMap(({ items }) => items)
  const delivered = await readDelivered(client, settings, campaigns, call)
  for (const { order, items, listed } of found) {
    const line_items: LineItemStanding[] = []
    for (const item of items)
      line_items.push(await standingOf(client, item, delivered.get(item.id) ?? null, call))
    const statuses = line_items.map(({ status }) => status)
    const status =
      order.archived || !listed
        ? 'canceled'
        : (statuses.find((one) => one === 'serving') ?? statuses[0] ?? 'ready')
    standings.push({ order_id: String(order.id), status, line_items })
  }
  return standings
}

async function standingOf(
  client: Client,
  campaign: Campaign,
  delivered: Delivered | null,
  call: Call,
): Promise<LineItemStanding> {
  const line_item_id = String(campaign.id)
  const status = usedUp(campaign, delivered) ? 'completed' : statusOf(campaign)
  const standing = { line_item_id, status, reason: null, delivered }
  if (status !== 'serving' || (await client.listPlacements(line_item_id, call)).length > 0) return standing
  return { ...standing, status: 'not_delivering', reason: 'It has no advertisement in any zone.' }
}

/** A campaign that showed all it was to is not active any more, and nobody has to be told. */
function usedUp(campaign: Campaign, delivered: Delivered | null): boolean {
  const { max_impression_count: most } = campaign
  return stopped(campaign) && (delivered?.impressions ?? 0) >= (most ?? Infinity)
}

/**
 * What these campaigns showed since the first of them began, in one request for records. Broadstreet takes few of those: when it wants
 * no more for now, how the campaigns stand is told without it, unless one has stopped and this alone tells why.
 */
async function readDelivered(
  client: Client,
  { time_zone }: Settings,
  campaigns: readonly Campaign[],
  call: Call,
): Promise<ReadonlyMap<number, Delivered>> {
  const starts = campaigns.flatMap(({ name }) => termsIn(name)?.start_time ?? [])
  const [from, to] = [Math.min(...starts.map(Date.parse)), Date.now()].map((at) => dayAt(at, time_zone))
  if (from === undefined || to === undefined || from > to) return new Map()
  try {
    const records = await client.recordsOf(from, to, call)
    const shown = new Map(records.map((record) => [record.campaign_id, record]))
    return new Map(campaigns.map(({ id }) => [id, countedIn(shown.get(id))]))
  } catch (error) {
    if (error instanceof AdapterError && error.class === 'rate_limited' && !campaigns.some(stopped))
      return new Map()
    throw error
  }
}

const countedIn = (record: { 'count(view)': number; 'count(click)': number } | undefined): Delivered => ({
  impressions: record?.['count(view)'] ?? 0,
  clicks: record?.['count(click)'] ?? 0,
  completions: null,
})

/** The day that clock shows, YYYY-MM-DD; undefined for no time at all. */
const dayAt = (at: number, timeZone: string) =>
  Number.isFinite(at) ? new Date(at).toLocaleDateString('sv-SE', { timeZone }) : undefined

interface Held {
  order: Campaign
  items: Campaign[]
  /** What is archived can be read, but need not be listed. */
  listed: boolean
}

/** The records of these orders with the campaigns of their packages; those that are gone are left out. */
export async function itemsOf(client: Client, orderIds: readonly string[], call: Call): Promise<Held[]> {
  const known = new Map<string, Held>()
  const seen = new Set<number>()
  for (const id of orderIds) {
    if (known.has(id)) continue
    const record = await unlessGone(client.readCampaign(id, call))
    if (!record?.advertiser_id) continue
    known.set(id, { order: record, items: [], listed: false })
    if (seen.has(record.advertiser_id)) continue
    seen.add(record.advertiser_id)
    const campaigns = await client.listCampaigns(record.advertiser_id, call)
    const orders = orderOf(campaigns)
    for (const order of campaigns.filter((one) => orders.get(one.id) === one.id)) {
      const items = campaigns.filter((one) => one.id !== order.id && orders.get(one.id) === order.id)
      known.set(String(order.id), { order, items, listed: true })
    }
  }
  return orderIds.flatMap((id) => known.get(id) ?? [])
}
