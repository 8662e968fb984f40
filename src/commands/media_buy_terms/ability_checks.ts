import type { Problem } from '../../adcp/error.ts'
import { shortfalls, type Capabilities, type Shortfall } from '../../capabilities.ts'
import type { Flight } from './flight.ts'
import type { Offer, OfferPrice } from './offer.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import { quoted } from '../../adcp/quoted.ts'

interface Item {
  field: string
  request: PackageRequest
  offer: Offer
  price: OfferPrice
  flight: Flight
}

/** What a package asks for that the product's ad server cannot carry out: refused now rather than dropped or refused later. */
export function abilityProblems({ field, request, offer, price, flight }: Item, buy: Flight): Problem[] {
  if (!offer.capabilities) return []
  const able = offer.capabilities
  const found = shortfalls(able, {
    pricing_model: price.pricing_model,
    delivery_type: offer.delivery_type,
    bids: price.fixed_price === null,
    pacing: request.pacing ?? 'even',
    own_flight: Number(flight.start) !== Number(buy.start) || Number(flight.end) !== Number(buy.end),
    targeting: Object.keys(request.targeting_overlay ?? {}),
  })
  return found.map((shortfall) => ({
    code: 'UNSUPPORTED_FEATURE',
    ...explain(shortfall, `The ad server of ${quoted(offer.name)}`, field, price, able),
  }))
}

function explain(shortfall: Shortfall, who: string, field: string, price: OfferPrice, able: Capabilities) {
  const choose = 'Choose another pricing option or product.'
  switch (shortfall.part) {
    case 'pricing_model':
    case 'delivery_type':
      return {
        message: `${who} cannot sell it by ${price.pricing_model}.`,
        field: `${field}.pricing_option_id`,
        suggestion: choose,
      }
    case 'bid_price':
      return { message: `${who} takes no bids.`, field: `${field}.pricing_option_id`, suggestion: choose }
    case 'pacing':
      return {
        message: `${who} cannot pace so.`,
        field: `${field}.pacing`,
        suggestion: `Use ${able.pacing.join(', ')}.`,
      }
    case 'start_time':
      return {
        message: `${who} runs all packages on the dates of the buy.`,
        field: `${field}.start_time`,
        suggestion: 'Leave the dates of the package out, or make one buy per flight.',
      }
    case 'targeting': {
      const name = shortfall.name.slice(0, 64)
      const suggestion =
        able.targeting.length > 0
          ? `It can target by: ${able.targeting.join(', ')}.`
          : 'Leave targeting_overlay out.'
      return {
        message: `${who} cannot target by ${name}.`,
        field: `${field}.targeting_overlay.${name}`,
        suggestion,
      }
    }
  }
}
