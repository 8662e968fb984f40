import type { HeldStatus, RowOf } from '../adapter.ts'
import type { Campaign, Client } from './client.ts'
import { termsIn } from './terms.ts'

type Zone = Awaited<ReturnType<Client['listZones']>>[number]

export const zoneUnit = ({ id, name, alias }: Zone): RowOf['ad_units'] => ({
  id: String(id),
  name,
  standing: 'active',
  parent_id: null,
  code: typeof alias === 'string' ? alias : null,
  sizes: [],
})

/** Our records, and every campaign without one: that is an order of its own. */
export function heldOrders(campaigns: readonly Campaign[], advertiserId: number): RowOf['orders'][] {
  const orders = orderOf(campaigns)
  return campaigns
    .filter(({ id }) => orders.get(id) === undefined || orders.get(id) === id)
    .map((campaign) => ({
      id: String(campaign.id),
      name: campaign.name,
      advertiser_id: String(advertiserId),
      external_key: keyIn(campaign.name),
      status: isRecord(campaign) ? (campaign.archived ? 'canceled' : 'ready') : statusOf(campaign),
      currency: termsIn(campaign.name)?.currency ?? null,
      budget: null,
      start_time: null,
      end_time: null,
      po_number: null,
    }))
}

/** Every campaign that is no record. */
export function heldLineItems(campaigns: readonly Campaign[]): RowOf['line_items'][] {
  const orders = orderOf(campaigns)
  return campaigns
    .filter((campaign) => !isRecord(campaign))
    .map((campaign) => {
      const terms = termsIn(campaign.name)
      return {
        id: String(campaign.id),
        name: campaign.name,
        order_id: String(orders.get(campaign.id) ?? campaign.id),
        external_key: keyIn(campaign.name),
        status: statusOf(campaign),
        pricing_model: terms ? (terms.by_cpm === null ? 'flat_rate' : 'cpm') : null,
        price: terms ? (terms.by_cpm?.cpm ?? terms.budget) : null,
        currency: terms?.currency ?? null,
        goal: campaign.max_impression_count ?? null,
        start_time: terms ? new Date(terms.start_time).toISOString() : null,
        end_time: terms ? new Date(terms.end_time).toISOString() : null,
        delivered: null,
      }
    })
}

/** The order each campaign belongs to, by ids: a record to itself, one of ours to its record, others to none. */
export function orderOf(campaigns: readonly Campaign[]): Map<number, number> {
  const records = new Map(campaigns.filter(isRecord).map(({ id, name }) => [orderKeyIn(name), id] as const))
  return new Map(
    campaigns.flatMap(({ id, name }) => {
      const record = records.get(orderKeyIn(name))
      return record === undefined ? [] : [[id, record] as const]
    }),
  )
}

/** As far as switches and dates tell; a day of Broadstreet's is taken to end when it has ended everywhere. */
export function statusOf(campaign: Campaign, now = Date.now()): HeldStatus {
  const { name, paused, archived, start_date, end_date } = campaign
  const terms = termsIn(name)
  if (archived) return 'canceled'
  const end = terms?.end_time ?? (end_date ? `${end_date.slice(0, 10)}T23:59:59-12:00` : undefined)
  if (end !== undefined && Date.parse(end) <= now) return 'completed'
  if (paused) return 'paused'
  const start = terms?.start_time ?? (start_date ? `${start_date.slice(0, 10)}T00:00:00Z` : undefined)
  if (start !== undefined && Date.parse(start) > now) return 'ready'
  return stopped(campaign) ? 'paused' : 'serving'
}

/** Whether it is switched off without our being told by what: a pause, its archiving or its cap. */
export const stopped = ({ active, paused }: Campaign) => active === false && typeof paused !== 'boolean'

/** The key of the order a campaign of this name belongs to, a record as well as a package. */
export const orderKeyIn = (name: string): string | undefined => keyIn(name)?.split(':')[1]

const keyIn = (name: string) => /\[(adcp:[^\]]+)\]$/.exec(name)?.[1] ?? null
const isRecord = ({ name }: Campaign) => keyIn(name)?.split(':').length === 2
