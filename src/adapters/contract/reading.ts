import type { ReadKind } from '../../capabilities.ts'
import type { ApprovedPackage } from './buy.ts'
import type { Call } from './call.ts'
import type { Delivered, HeldStatus, Page, PageQuestion, RowOf } from './inventory.ts'

/**
 * What an ad server may be asked besides booking. All of it only reads, obeys call.signal, asks one thing and does not wait for
 * more: the worker comes back. Throws nothing but AdapterErrors, and since nothing is written never an `ambiguous` one.
 */
export interface Reading {
  /** The facts of the network behind this connection. */
  readNetwork(call: Call): Promise<NetworkFacts>
  /** One page of what the ad server holds of a kind; asked only for what capabilities.reads names. */
  readPage<K extends ReadKind>(kind: K, question: PageQuestion, call: Call): Promise<Page<RowOf[K]>>
  /** How these orders and their line items stand now. An order that is gone is left out. At most 100 at once. */
  readStatus(orderIds: readonly string[], call: Call): Promise<readonly OrderStanding[]>
  /** Of these creatives, by their ids there, those it will not show any more, with the reason for people. At most 100 at once. */
  readObjections(creativeIds: readonly string[], call: Call): Promise<readonly Objection[]>
  /** Has a report made; the handle asks for it later, from any process. */
  startReport(question: ReportQuestion, call: Call): Promise<{ handle: string; retry_after_ms: number }>
  /** The report, once it is ready. @throws AdapterError('permanent') for one that failed or was forgotten: another must be started. */
  readReport(handle: string, call: Call): Promise<Report>
  /** How much there is to sell; capabilities.forecasts says whether apart from what is booked already. */
  forecast(question: ForecastQuestion, call: Call): Promise<Availability>
}

export interface NetworkFacts {
  network_id: string
  name: string
  /** The main one first. */
  currencies: readonly string[]
  /** IANA name; its days are those of reports. */
  time_zone: string
  /** A network that serves nothing real. */
  test: boolean
  /** null: none is known. */
  limits: { reports_per_hour: number | null; line_items_per_order: number | null }
}

export interface OrderStanding {
  order_id: string
  status: HeldStatus
  line_items: readonly LineItemStanding[]
}
export interface LineItemStanding {
  line_item_id: string
  status: HeldStatus
  /** Said with `not_delivering`: why, for people. */
  reason: string | null
  /** null: it is not told here. */
  delivered: LifeSoFar | null
}
export interface Objection {
  creative: string
  reason: string
}
/** Counted capabilities.stats_lag_minutes ago. */
export interface LifeSoFar extends Delivered {
  /** Decimal text of the ad server's own, where it keeps money. */
  spend?: { amount: string; currency: string }
}

/** Delivery of these orders and no others. Days are YYYY-MM-DD in the network's zone, both included. */
export interface ReportQuestion {
  order_ids: readonly string[]
  from: string
  to: string
}
/** `handle`, where there is one, asks for it from then on: it holds what was read so far of a report that is told in parts. */
export type Report =
  | { state: 'running'; retry_after_ms: number; handle?: string }
  | { state: 'ready'; rows: readonly DeliveryRow[] }
/** One line item on one day, or in one hour of it; a day without a row delivered nothing. */
export interface DeliveryRow {
  order_id: string
  line_item_id: string
  date: string
  /** 0 to 23 on the network's clock; left out where the ad server tells days only. */
  hour?: number
  impressions: number
  /** null, as below: not counted. */
  clicks: number | null
  completions: number | null
  measurable_impressions?: number | null
  viewable_impressions?: number | null
  /** Decimal text; null where the ad server keeps no money. Never converted and never worked out. */
  spend: string | null
  currency: string
}

/** Of a package as it would be sold, without an advertiser's targeting. UTC days, YYYY-MM-DD, both included; the first may be today. */
export interface ForecastQuestion {
  package: Pick<
    ApprovedPackage,
    'ad_server_config' | 'sizes' | 'targeting_overlay' | 'delivery_type' | 'pricing_model'
  >
  currency: string
  from: string
  to: string
}
/**
 * In what the pricing model counts. `total` for the whole flight, where the ad server cannot tell days apart; `nothing_yet` where it
 * knows too little so far.
 */
export type Availability =
  | { per: 'day'; days: readonly { date: string; available: number }[] }
  | { per: 'total'; available: number }
  | { per: 'nothing_yet'; reason: string; retry_after_ms: number }
