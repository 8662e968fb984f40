import { z } from 'zod'
import type { HeldStatus, RowOf } from '../adapter.ts'
import type { Thing } from './client.ts'
import { instant } from './whole.ts'

/** Ids of sites and zones are of two series. */
export const siteUnit = ({ Id, Title, URL, IsDeleted }: Thing): RowOf['ad_units'] => ({
  id: `site:${Id}`,
  name: text(Title) ?? `Site ${Id}`,
  standing: IsDeleted ? 'archived' : 'active',
  parent_id: null,
  code: text(URL),
  sizes: [],
})

export const zoneUnit = ({ Id, Name, SiteId, IsDeleted }: Thing): RowOf['ad_units'] => ({
  id: `zone:${Id}`,
  name: text(Name) ?? `Zone ${Id}`,
  standing: IsDeleted ? 'archived' : 'active',
  parent_id: typeof SiteId === 'number' ? `site:${SiteId}` : null,
  code: null,
  sizes: [],
})

const Reach = z.object({ all_time: z.int().nonnegative() })

/** A segment of the users that UserDB tells apart. Kevel says nothing of one that is gone. */
export const heldSegment = (segment: Thing): RowOf['audience_segments'] => ({
  id: String(segment.Id),
  name: text(segment['Name']) ?? `Segment ${segment.Id}`,
  standing: segment['IsDeleted'] ? 'archived' : 'active',
  description: text(segment['Description']) ?? text(segment['Category']),
  size: Reach.safeParse(segment['Reach']).data?.all_time ?? null,
})

/** A campaign. Its flights have the dates; a cap of a campaign is one of money (CapType 4). */
export const heldOrder = (campaign: Thing, currency: string): RowOf['orders'] => ({
  id: String(campaign.Id),
  name: text(campaign['Name']) ?? `Campaign ${campaign.Id}`,
  advertiser_id: String(campaign['AdvertiserId']),
  external_key: keyIn(campaign),
  status: statusOf(campaign),
  currency,
  budget: campaign['CapType'] === 4 ? decimal(campaign['LifetimeCapAmount']) : null,
  start_time: null,
  end_time: null,
  po_number: null,
})

const models: Readonly<Record<number, string>> = {
  1: 'flat_rate',
  2: 'cpm',
  3: 'cpc',
  4: 'cpa',
  5: 'cpa',
  6: 'cpa',
}
/** Goals that are a number of something (create-flight: impressions, clicks, conversions). */
const counted = [1, 3, 7]

export const heldLineItem = (flight: Thing, currency: string): RowOf['line_items'] => ({
  id: String(flight.Id),
  name: text(flight['Name']) ?? `Flight ${flight.Id}`,
  order_id: String(flight['CampaignId']),
  external_key: keyIn(flight),
  status: statusOf(flight),
  pricing_model: models[Number(flight['RateType'])] ?? null,
  price: decimal(flight['Price']),
  currency,
  goal: counted.includes(Number(flight['GoalType'])) ? Number(flight['Impressions']) : null,
  start_time: time(flight['StartDateISO']),
  end_time: time(flight['EndDateISO']),
  delivered: null,
})

/** As far as switches and dates tell. */
export function statusOf(thing: Thing, now = Date.now()): HeldStatus {
  const { IsActive, IsArchived, IsDeleted, StartDateISO, EndDateISO } = thing
  if (IsDeleted || IsArchived) return 'canceled'
  if (!IsActive) return 'paused'
  if (text(EndDateISO) !== null && instant(EndDateISO) <= now) return 'completed'
  const flown = 'CampaignId' in thing && instant(StartDateISO) <= now
  return flown ? 'serving' : 'ready'
}

const keyIn = ({ Name }: Thing) => /\[(adcp:[^\]]+)\]$/.exec(text(Name) ?? '')?.[1] ?? null
const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)
const decimal = (value: unknown): string | null => (typeof value === 'number' ? String(value) : null)
const time = (value: unknown): string | null =>
  text(value) === null ? null : new Date(instant(value)).toISOString()
