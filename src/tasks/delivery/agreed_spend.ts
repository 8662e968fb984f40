import { microsOf } from '../../adcp/money.ts'
import type { PricingModel } from '../../db/schema.ts'

/** What a package was agreed to cost; money as decimal text. */
export interface AgreedPrice {
  pricing_model: PricingModel
  price: string | null
  bid_price: string | null
  budget: string
  start_time: Date
  end_time: Date
}
/** The same as PostgreSQL hands it over inside JSON. */
export type PackageTerms = Omit<AgreedPrice, 'start_time' | 'end_time'> & {
  start_time: string
  end_time: string
}
export interface Units {
  impressions: number
  clicks: number | null
  completions: number | null
  viewable_impressions: number | null
}

/** What was delivered costs at the price agreed for it, in millionths; undefined where that cannot be told from these units. */
export function agreedSpend({ pricing_model, price, bid_price }: AgreedPrice, units: Units) {
  const rate = price ?? bid_price
  const [counted, per] = billedUnits(pricing_model, units)
  if (rate === null || counted === null) return undefined
  return (microsOf(rate) * BigInt(counted)) / per
}

/** Whether it costs the same whatever it delivers. */
export function isBilledByTime({ pricing_model }: Pick<AgreedPrice, 'pricing_model'>): boolean {
  return pricing_model === 'flat_rate' || pricing_model === 'time'
}

/** The part of such a package's budget that falls on a period, in millionths; the parts of a flight add up to the budget. */
export function spendOfTime({ budget, start_time, end_time }: AgreedPrice, from: Date, to: Date): bigint {
  const [start, end] = [start_time.getTime(), end_time.getTime()]
  const upTo = (at: Date) => {
    const gone = Math.min(Math.max(at.getTime(), start), end) - start
    return (microsOf(budget) * BigInt(gone)) / BigInt(end - start)
  }
  return upTo(to) - upTo(from)
}

function billedUnits(model: PricingModel, units: Units): [number | null, bigint] {
  switch (model) {
    case 'cpm':
      return [units.impressions, 1000n]
    case 'vcpm':
      return [units.viewable_impressions, 1000n]
    case 'cpc':
      return [units.clicks, 1n]
    case 'cpcv':
      return [units.completions, 1n]
    default:
      return [null, 1n]
  }
}
