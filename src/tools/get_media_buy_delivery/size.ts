import type { BuyDelivery } from '../../adcp/delivery_answers.ts'
import { bytesOf, MOST_BYTES } from '../../adcp/page.ts'

/**
 * A page of these buys as it fits an answer. Only where a single one is too large by itself its daily breakdowns are left out, by
 * package first, and `left_out` says so: a shortened breakdown would no longer add up to the totals.
 */
export function fitting(buys: BuyDelivery[]): { media_buy_deliveries: BuyDelivery[]; left_out: string[] } {
  const [first] = buys
  if (!first || buys.length > 1 || bytesOf(first) <= MOST_BYTES)
    return { media_buy_deliveries: buys, left_out: [] }
  const shorter = withoutPackageDays(first)
  const { daily_breakdown: _days, ...short } = shorter
  return bytesOf(shorter) <= MOST_BYTES
    ? { media_buy_deliveries: [shorter], left_out: ['by_package[].daily_breakdown'] }
    : { media_buy_deliveries: [short], left_out: ['by_package[].daily_breakdown', 'daily_breakdown'] }
}

function withoutPackageDays(buy: BuyDelivery): BuyDelivery {
  const packages = buy['by_package'] as Record<string, unknown>[]
  return { ...buy, by_package: packages.map(({ daily_breakdown: _days, ...rest }) => rest) }
}
