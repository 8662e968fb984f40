import type { ReadKind } from '../../capabilities.ts'

/** One question of a synchronisation. */
export interface PageQuestion {
  /** What the page before said; null asks for the first. */
  cursor: string | null
  /** Only what changed since then (ISO 8601): set where capabilities.reads says `changes`, and only there. */
  changed_since: string | null
}

/** What came of it. A page may be empty and yet not the last. */
export interface Page<Row> {
  rows: readonly Row[]
  /**
   * Asks for what follows; null after the last page. Text only this adapter understands, good for days, and it misses no row that
   * was there all the while, whatever is added or removed meanwhile.
   */
  cursor: string | null
  /** How many rows follow after this page, where the ad server says it. */
  remaining: number | null
  /** How many requests it took; left out: one. */
  requests?: number
}

/** A row of each kind. Ids are the ad server's own, unique within a kind; times are ISO 8601 in UTC; money is decimal text. */
export interface RowOf extends Record<ReadKind, Read> {
  ad_units: AdUnit
  placements: Placement
  targeting_keys: TargetingKey
  targeting_values: TargetingValue
  audience_segments: AudienceSegment
  orders: HeldOrder
  line_items: HeldLineItem
}
/** `archived` is kept there and can no longer be sold or targeted. */
export type Standing = 'active' | 'inactive' | 'archived'
interface Read {
  id: string
  name: string
}

export interface AdUnit extends Read {
  standing: Standing
  parent_id: string | null
  /** What stands in the page's tag. */
  code: string | null
  /** `300x250`; empty where it is not said. */
  sizes: readonly string[]
}
export interface Placement extends Read {
  standing: Standing
  description: string | null
  ad_unit_ids: readonly string[]
}
export interface TargetingKey extends Read {
  standing: Standing
  display_name: string | null
  /** Whether only values listed beforehand can be targeted. */
  predefined: boolean
}
export interface TargetingValue extends Read {
  standing: Standing
  key_id: string
  display_name: string | null
}
export interface AudienceSegment extends Read {
  standing: Standing
  description: string | null
  /** How many people, browsers or devices it holds. */
  size: number | null
}

/** An order as it stands there, whoever booked it. */
export interface HeldOrder extends Read {
  advertiser_id: string
  /** The key we booked it under, on ad servers that keep it; null for what people booked there. */
  external_key: string | null
  status: HeldStatus
  currency: string | null
  budget: string | null
  start_time: string | null
  end_time: string | null
  po_number: string | null
}
export interface HeldLineItem extends Read {
  order_id: string
  external_key: string | null
  status: HeldStatus
  /** `cpm`, `cpc` …, as AdCP calls it; null for what AdCP has no word for. */
  pricing_model: string | null
  price: string | null
  currency: string | null
  /** Impressions or other units it is to deliver; null where there is no such goal. */
  goal: number | null
  start_time: string | null
  /** null runs until somebody stops it. */
  end_time: string | null
  delivered: Delivered | null
}
/** `not_delivering`: it should, and something there keeps it from doing so. */
export type HeldStatus =
  'draft' | 'pending' | 'ready' | 'serving' | 'paused' | 'not_delivering' | 'completed' | 'canceled'
/** What a line item delivered in all its life so far; null what the ad server does not count. */
export interface Delivered {
  impressions: number
  clicks: number | null
  completions: number | null
  viewable_impressions?: number | null
}
