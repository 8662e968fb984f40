import { isDeepStrictEqual } from 'node:util'
import type { MediaBuyUpdate, PackageUpdate } from '../../adcp/media_buy_update.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import type { Pacing } from '../../db/schema.ts'
import type { Flight } from '../media_buy_terms/flight.ts'
import type { Offer, OfferPrice } from '../media_buy_terms/offer.ts'
import { impressionsOf } from '../media_buy_terms/reserve.ts'
import { overlayAfter } from './keywords.ts'
import type { Standing, StandingPackage } from './standing.ts'

/** What a package is after a change. */
export interface After {
  budget: number
  bid_price: number | null
  impressions: number | null
  pacing: Pacing
  flight: Flight
  targeting_overlay: Record<string, unknown> | null
  paused: boolean
  context: Record<string, unknown> | null
}
/** Creatives put on a package, in the place of those before or beside them. */
export interface Shown {
  creatives: { creative_id: string; weight: number | null }[]
  replaces: boolean
}
/** One package before and after. A canceled one stays as it was, but for that. */
export interface PackageChange {
  field: string
  /** Undefined for a package that only follows the dates of its buy. */
  asked: PackageUpdate | undefined
  before: StandingPackage
  after: After
  /** The creatives it shows then, or those to add; undefined: as before. */
  shows: Shown | undefined
  /** The product as it is sold today, with the formats and the price the package was sold with. */
  offer: Offer | undefined
  price: OfferPrice
}

/** What the packages of a buy become: those named, those whose dates follow the buy's, and those it would leave outside. */
export function draftChanges(
  standing: Standing,
  { packages = [], adcp_version = '3.0' }: MediaBuyUpdate,
  flight: Flight,
  offers: ReadonlyMap<string, Offer>,
): PackageChange[] {
  return standing.packages.flatMap((before): PackageChange[] => {
    const i = packages.findIndex(({ package_id }) => package_id === before.package_id)
    const asked = packages[i]
    const offer = offers.get(before.product_id)
    const price = agreedPrice(standing, before, offer)
    const after =
      asked?.canceled || before.canceled ? asItIs(before) : merge(standing, before, asked, price, flight)
    const field = asked ? `packages[${i}]` : 'packages'
    const sold = offer && { ...offer, format_ids: before.format_ids, pricing_options: [price] }
    const shows = asked && !asked.canceled ? shown(asked, adcp_version !== '3.0') : undefined
    const change = { field, asked, before, after, shows, offer: sold, price }
    const touched = asked !== undefined || !isDeepStrictEqual(after, asItIs(before))
    return touched || (!before.canceled && isOutside(after.flight, flight)) ? [change] : []
  })
}

/** In 3.0 creatives that come along join those of the package; from 3.1 they take their place. */
function shown(
  { creative_assignments, creatives = [] }: PackageUpdate,
  replaces: boolean,
): Shown | undefined {
  if (!creative_assignments && creatives.length === 0) return undefined
  const all = [...(creative_assignments ?? []), ...creatives]
  return {
    creatives: all.map(({ creative_id, weight = null }) => ({ creative_id, weight })),
    replaces: replaces || creative_assignments !== undefined,
  }
}

function merge(
  standing: Standing,
  before: StandingPackage,
  asked: PackageUpdate | undefined,
  price: OfferPrice,
  buy: Flight,
): After {
  const was = asItIs(before)
  const budget = asked?.budget ?? was.budget
  return {
    budget,
    bid_price: asked?.bid_price ?? was.bid_price,
    impressions: asked?.impressions ?? impressionsFor(price, was, budget),
    pacing: asked?.pacing ?? was.pacing,
    flight: {
      start: dateOf(asked?.start_time, was.flight.start, standing.start_time, buy.start),
      end: dateOf(asked?.end_time, was.flight.end, standing.end_time, buy.end),
    },
    targeting_overlay: asked ? overlayAfter(was.targeting_overlay, asked) : was.targeting_overlay,
    paused: asked?.paused ?? was.paused,
    context: asked?.context ?? was.context,
  }
}

export const asItIs = (before: StandingPackage): After => ({
  budget: Number(before.budget),
  bid_price: before.bid_price === null ? null : Number(before.bid_price),
  impressions: before.impressions === null ? null : Number(before.impressions),
  pacing: before.pacing,
  flight: { start: before.start_time, end: before.end_time },
  targeting_overlay: before.targeting_overlay,
  paused: before.paused,
  context: before.context,
})

/** Whether a package runs when its buy does not. */
export const isOutside = (item: Flight, buy: Flight): boolean => item.start < buy.start || item.end > buy.end

/** A date of its own stays; one it shared with the buy follows the buy. */
function dateOf(asked: string | undefined, was: Date, buyWas: Date, buyIs: Date): Date {
  if (asked !== undefined) return new Date(asked)
  return was.getTime() === buyWas.getTime() ? buyIs : was
}

/** As many as the budget pays for, unless the buyer had asked for fewer. */
function impressionsFor(price: OfferPrice, was: After, budget: number): number | null {
  return was.impressions === impressionsOf(price, was.budget) ? impressionsOf(price, budget) : was.impressions
}

/** The price agreed stays, whatever the product costs today; its other terms are those of the option as it is sold. */
function agreedPrice({ currency }: Standing, item: StandingPackage, offer: Offer | undefined): OfferPrice {
  const option = offer?.pricing_options.find((one) => one.pricing_option_id === item.pricing_option_id)
  return {
    floor_price: null,
    price_guidance: null,
    min_spend_per_package: null,
    time_unit: null,
    min_duration: null,
    max_duration: null,
    ...option,
    pricing_option_id: item.pricing_option_id,
    pricing_model: item.pricing_model,
    currency,
    fixed_price: item.price,
  }
}

/** A changed package in the words of a package that is bought, so that both are checked by the same rules. */
export function asRequest({ before, after, asked }: PackageChange): PackageRequest {
  const { bid_price, impressions, targeting_overlay } = after
  return {
    product_id: before.product_id,
    pricing_option_id: before.pricing_option_id,
    budget: after.budget,
    pacing: after.pacing,
    format_ids: before.format_ids,
    ...(bid_price !== null && { bid_price }),
    ...(impressions !== null && { impressions }),
    ...(targeting_overlay && { targeting_overlay: targeting_overlay }),
    ...(asked?.creative_assignments && { creative_assignments: asked.creative_assignments }),
    ...(asked?.creatives && { creatives: asked.creatives }),
  }
}
