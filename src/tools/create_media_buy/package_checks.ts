import { isMoney } from '../../adcp/money.ts'
import type { Problem } from '../../adcp/error.ts'
import { daysOf, type Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'
import type { PackageRequest } from './request.ts'

type Check = (field: string, item: PackageRequest, offer: Offer, flight: Flight) => Problem[]

/** Is the product on sale to this buyer at all? Unknown and not allowed look the same. */
export function productProblems(field: string, item: PackageRequest, offer: Offer | undefined): Problem[] {
  const at = `${field}.product_id`
  const suggestion = 'Call get_products for what is on sale.'
  if (!offer)
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
      { code: 'PRODUCT_UNAVAILABLE', message: `${offer.name} is no longer sold.`, field: at, suggestion },
    ]
  if (!offer.capabilities)
    return [
      {
        code: 'SERVICE_UNAVAILABLE',
        message: `The ad server of ${offer.name} has not said yet what it can do.`,
        field: at,
        suggestion: 'Try again in a few seconds.',
        retry_after: 5,
      },
    ]
  return []
}

export const priceOf = (item: PackageRequest, offer: Offer): OfferPrice | undefined =>
  offer.pricing_options.find((option) => option.pricing_option_id === item.pricing_option_id)

/** Pricing option, bid and floor. */
export const pricingProblems: Check = (field, item, offer) => {
  const price = priceOf(item, offer)
  if (!price) {
    const known = offer.pricing_options.map((option) => option.pricing_option_id).join(', ')
    return [
      invalid(
        `${field}.pricing_option_id`,
        `${offer.name} has no such pricing option.`,
        `Use one of: ${known}.`,
      ),
    ]
  }
  return bidProblems(`${field}.bid_price`, item.bid_price, price)
}

function bidProblems(
  field: string,
  bid: number | undefined,
  { fixed_price, floor_price, currency, pricing_model }: OfferPrice,
): Problem[] {
  if (fixed_price !== null)
    return bid === undefined
      ? []
      : [
          invalid(
            field,
            `The price is fixed at ${Number(fixed_price)} ${currency}; there is nothing to bid.`,
            'Leave bid_price out.',
          ),
        ]
  const floor = Number(floor_price ?? 0)
  if (bid === undefined)
    return [
      invalid(
        field,
        `This ${pricing_model} option is an auction and needs a bid_price.`,
        `Bid ${floor > 0 ? `at least ${floor}` : 'a price'} ${currency}.`,
      ),
    ]
  if (bid <= 0 || bid < floor)
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
  (item.format_ids ?? []).flatMap(({ agent_url, id }, i) => {
    const accepted = offer.format_ids.some(
      (format) => format.id === id && (agent_url === undefined || format.agent_url === agent_url),
    )
    if (accepted) return []
    const known = offer.format_ids.map((format) => format.id).join(', ')
    return [
      invalid(`${field}.format_ids[${i}]`, `${offer.name} does not take this format.`, `It takes: ${known}.`),
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
    return [invalid(at, 'A budget has at most two decimals and is below 100 billion.', 'Round it.')]
  if (!price) return []
  const least = Math.max(Number(price.min_spend_per_package ?? 0), wholePrice(price, flight))
  if (item.budget >= least) return []
  return [
    {
      code: 'BUDGET_TOO_LOW',
      message: `${offer.name} costs at least ${least} ${price.currency} here.`,
      field: at,
      suggestion: `Raise the budget to ${least} or choose another product.`,
    },
  ]
}

/** Days per unit of time-based pricing; a unit begun is a unit paid. */
const unitDays = { hour: 1 / 24, day: 1, week: 7, month: 30 } as const

function wholePrice({ pricing_model, fixed_price, time_unit }: OfferPrice, flight: Flight): number {
  if (fixed_price === null) return 0
  if (pricing_model === 'flat_rate') return Number(fixed_price)
  if (pricing_model !== 'time' || time_unit === null) return 0
  const units =
    time_unit === 'hour'
      ? Math.ceil((flight.end.getTime() - flight.start.getTime()) / 3_600_000)
      : Math.ceil(daysOf(flight) / unitDays[time_unit])
  return Number(fixed_price) * units
}

const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
