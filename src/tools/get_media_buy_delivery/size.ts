import type { BuyDelivery } from '../../adcp/delivery_answers.ts'

/** An LLM has to read it; beyond about 30 kB hosts cut answers off. */
const MOST_BYTES = 26_000

/**
 * As many of these buys as fit an answer, at least one. Only where a single one is too large by itself its daily breakdowns are left
 * out, by package first, and `left_out` says so: a shortened breakdown would no longer add up to the totals.
 */
export function fitting(buys: BuyDelivery[]): { media_buy_deliveries: BuyDelivery[]; left_out: string[] } {
  const media_buy_deliveries: BuyDelivery[] = []
  let bytes = 0
  for (const buy of buys) {
    bytes += sizeOf(buy)
    if (bytes > MOST_BYTES) break
    media_buy_deliveries.push(buy)
  }
  const [first] = buys
  if (media_buy_deliveries.length > 0 || !first) return { media_buy_deliveries, left_out: [] }
  const { daily_breakdown: _days, ...short } = withoutPackageDays(first)
  return sizeOf(withoutPackageDays(first)) <= MOST_BYTES
    ? { media_buy_deliveries: [withoutPackageDays(first)], left_out: ['by_package[].daily_breakdown'] }
    : {
        media_buy_deliveries: [short],
        left_out: ['by_package[].daily_breakdown', 'daily_breakdown'],
      }
}

const sizeOf = (value: unknown) => JSON.stringify(value).length

function withoutPackageDays(buy: BuyDelivery): BuyDelivery {
  const packages = buy['by_package'] as Record<string, unknown>[]
  return { ...buy, by_package: packages.map(({ daily_breakdown: _days, ...rest }) => rest) }
}
