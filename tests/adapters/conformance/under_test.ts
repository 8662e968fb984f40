import type { AdServerAdapter, ApprovedBuy, ApprovedCreative, Change } from '../../../src/adapters/adapter.ts'

export const faultNames = ['lost answer', 'turned away', 'refused', 'silence'] as const
export type FaultName = (typeof faultNames)[number]

/** An ad server as these tests need it: something to call, something to look into, something to break. */
export interface AdServerUnderTest {
  adapter: AdServerAdapter
  /** What no error may ever show. */
  secret: string
  /** The same ad server reached with a secret it does not know; absent where there are none. */
  unauthorised?: AdServerAdapter
  /** Whether a step that makes something, sent twice, is carried out once. */
  resending: 'is harmless' | 'books twice'
  /** Changes it does not tell of afterwards: they are never found, and made again where in doubt, which changes nothing. */
  untold?: readonly Change['kind'][]
  /** A buy this ad server can sell, with several packages, never the same one twice. */
  approvedBuy(): ApprovedBuy
  /** A creative its packages can show; absent where capabilities claim none. */
  creative?: ApprovedCreative
  /** Targeting it can carry out, by field; absent where it takes whatever it is given. */
  targeting?: Readonly<Record<string, unknown>>
  /** Makes of a buy with any amounts one this ad server can hold; absent where it can hold all. */
  withinLimits?(buy: ApprovedBuy): ApprovedBuy
  /** What the ad server itself holds for this buy. */
  booked(buy: ApprovedBuy): Promise<Booked>
  /** Somebody over there approves the order of this buy. */
  approve(buy: ApprovedBuy): Promise<void>
  /** Breaks the next order in this way. The buy returned is the one to place. */
  faults: Record<FaultName, (buy: ApprovedBuy) => ApprovedBuy>
  /** Where capabilities claim forecasts. */
  forecasting?: {
    /** A buy to be approved, of impressions of the inventory of its first package; there is enough for several. */
    buy(): ApprovedBuy
    /** The next forecast is never answered. */
    silence?(): void
  }
  /** Breaks the next change of this kind. The buy returned is the one to plan the change with. */
  breakChange(kind: Change['kind'], fault: FaultName, buy: ApprovedBuy): ApprovedBuy
}

export interface Booked {
  orders: number
  /** In the order they were booked. */
  line_items: BookedLineItem[]
  /** How many creatives it holds for this buy. */
  creatives: number
}
export interface BookedLineItem {
  budget: string
  /** Canceled also when its whole order is. */
  state: 'running' | 'paused' | 'canceled'
  /** The creatives it shows, by their ids there, and how often; null where the ad server has no weights or was given none. */
  shows: { creative: string; weight: number | null }[]
  /** What else the ad server keeps of it that a change may touch, in its own words. */
  facts: unknown
}
