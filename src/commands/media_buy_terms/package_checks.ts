import { refersTo } from '../../adcp/agent_url.ts'
import { isMoney } from '../../adcp/money.ts'
import type { Problem } from '../../adcp/error.ts'
import { durationProblems, wholePrice } from './duration.ts'
import type { Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import { impressionsOf } from './reserve.ts'
import { quoted } from '../../adcp/quoted.ts'

type Check = (field: string, item: PackageRequest, offer: Offer, flight: Flight) => Problem[]

/** Is the product on sale to this buyer at all? Unknown and not allowed look the same. */
export function productProblems(field: string, item: PackageRequest, offer: Offer | undefined): Problem[] {
  const at = `${field}.product_id`
  const suggestion = 'Call get_products for what is on sale.'
  if (!offer || offer.withheld)
    return [
      {
        code: 'PRODUCT_NOT_FOUND',
        message: 'There is no such product on sale to you.',
        field: at,
        suggestion,
      },
    ]
  if (offer.archived)
    return [
      {
        code: 'PRODUCT_UNAVAILABLE',
        message: `${quoted(offer.name)} is no longer sold.`,
        field: at,
        suggestion,
      },
    ]
  if (offer.format_ids.length === 0)
    return [
      {
        code: 'PRODUCT_UNAVAILABLE',
        message: `No format of ${quoted(offer.name)} is known at the moment, so no creative could be judged.`,
        field: at,
        suggestion,
      },
    ]
  if (!offer.capabilities)
    return [
      {
        code: 'SERVICE_UNAVAILABLE',
        message: `The ad server of ${quoted(offer.name)} has not said yet what it can do.`,
        field: at,
        suggestion: 'Try again in a few seconds.',
        retry_after: 5,
      },
    ]
  return []
}

export const priceOf = (item: PackageRequest, offer: Offer): OfferPrice | undefined =>
  offer.pricing_options.find((option) => option.pricing_option_id === item.pricing_option_id)

/** Pricing option, bid, floor, and how long it is sold for. */
export const pricingProblems: Check = (field, item, offer, flight) => {
  const price = priceOf(item, offer)
  if (!price) {
    const known = offer.pricing_options.map((option) => option.pricing_option_id).join(', ')
    return [
      invalid(
        `${field}.pricing_option_id`,
        `${quoted(offer.name)} has no such pricing option.`,
        `Use one of: ${known}.`,
      ),
    ]
  }
  return [
    ...bidProblems(`${field}.bid_price`, item.bid_price, price),
    ...durationProblems(field, price, flight),
  ]
}

/** A bid where one is taken, and at least the floor. */
export function bidProblems(
  field: string,
  bid: number | undefined,
  { fixed_price, floor_price, currency, pricing_model }: OfferPrice,
): Problem[] {
  if (fixed_price !== null) return [] // a bid changes nothing there, and buyers are told so
  const floor = Number(floor_price ?? 0)
  if (bid === undefined)
    return [
      invalid(
        field,
        `This ${pricing_model} option is an auction and needs a bid_price.`,
        `Bid ${floor > 0 ? `at least ${floor}` : 'a price'} ${currency}.`,
      ),
    ]
  if (!isMoney(bid, 4))
    return [invalid(field, 'A bid has at most four decimals and is below 10 million.', 'Give another price.')]
  if (bid < floor || bid === 0)
    return [
      invalid(
        field,
        `The bid is below the floor of ${floor} ${currency}.`,
        `Bid at least ${floor} ${currency}.`,
      ),
    ]
  return []
}

/** Formats asked for must be among the product's. */
export const formatProblems: Check = (field, item, offer) =>
  (item.format_ids ?? []).flatMap((ref, i) => {
    if (offer.format_ids.some((format) => refersTo(ref, format))) return []
    const known = offer.format_ids.map((format) => format.id).join(', ')
    return [
      invalid(
        `${field}.format_ids[${i}]`,
        `${quoted(offer.name)} does not take this format.`,
        `It takes: ${known}.`,
      ),
    ]
  })

/** Countries asked for must be where the product runs. */
export const countryProblems: Check = (field, item, { name, countries }) => {
  const wanted = item.targeting_overlay?.geo_countries
  if (!wanted || countries.length === 0 || wanted.some((code) => countries.includes(code))) return []
  const at = `${field}.targeting_overlay.geo_countries`
  return [invalid(at, `${name} does not run in these countries.`, `It runs in: ${countries.join(', ')}.`)]
}

/** Minimum spend, and enough money for what has a price as a whole. */
export const budgetProblems: Check = (field, item, offer, flight) => {
  const at = `${field}.budget`
  const price = priceOf(item, offer)
  if (!isMoney(item.budget))
    return [invalid(at, 'A budget has at most two decimals and is below 1 billion.', 'Round it.')]
  if (!price) return []
  const least = Math.max(Number(price.min_spend_per_package ?? 0), wholePrice(price, flight))
  if (item.budget >= least) return []
  return [
    {
      code: 'BUDGET_TOO_LOW',
      message: `${quoted(offer.name)} costs at least ${least} ${price.currency} here.`,
      field: at,
      suggestion: `Raise the budget to ${least} or choose another product.`,
    },
  ]
}

/** Some impressions, and no more than the money pays for: those would be owed, but neither paid nor held. */
export const impressionsProblems: Check = (field, item, offer) => {
  if (item.impressions === 0)
    return [
      invalid(
        `${field}.impressions`,
        'A package of no impressions buys nothing.',
        'Give a number of them, or leave impressions out to get what the budget pays for.',
      ),
    ]
  const price = priceOf(item, offer)
  const paid = price && isMoney(item.budget) ? impressionsOf(price, item.budget) : null
  if (paid === null || item.impressions === undefined || item.impressions <= paid) return []
  return [
    invalid(
      `${field}.impressions`,
      `The budget pays for ${paid} impressions.`,
      'Raise the budget, or leave impressions out to get what it pays for.',
    ),
  ]
}

const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
