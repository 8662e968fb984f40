import { pricingName } from '../pricing_words.ts'
import type { RequestedPackage } from '../queries/approval_requests.ts'
import { count, flight, money } from './figures.ts'
import { oneLine } from './words.ts'

/** A package in two lines: product and budget, price and flight. */
export function packageLines(item: RequestedPackage, index: number, currency: string): [string, string] {
  const impressions = item.impressions === null ? '' : `, ${count(item.impressions)} impressions`
  return [
    `${index + 1}. ${oneLine(item.product, 150)}: ${money(item.budget, currency)}${impressions}`,
    `${price(item, currency)}, ${flight(item.start_time, item.end_time)}`,
  ]
}

function price({ pricing_model, price, bid_price }: RequestedPackage, currency: string): string {
  const model = pricingName(pricing_model)
  if (price !== null) return `${model} ${money(price, currency)} fixed`
  return bid_price === null ? `${model} without a bid` : `${model}, bids ${money(bid_price, currency)}`
}

/** What a package is aimed at, in words, or nothing if at everybody. */
export function targetingWords({ targeting_overlay }: RequestedPackage, most: number): string | undefined {
  const aims = Object.entries(targeting_overlay ?? {})
  if (aims.length === 0) return undefined
  return oneLine(
    `Targeting: ${aims.map(([name, value]) => `${name.replaceAll('_', ' ')} ${spelled(value)}`).join('; ')}`,
    most,
  )
}

/** A value of a request as people read it: lists with commas, objects as `name value`. */
export function spelled(value: unknown): string {
  if (Array.isArray(value)) return value.map(spelled).join(', ')
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, inner]) => `${name.replaceAll('_', ' ')} ${spelled(inner)}`)
    .join(', ')
}
