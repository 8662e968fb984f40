import type { Problem } from '../../adcp/error.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import type { Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import { abilityProblems } from './ability_checks.ts'
import { packageFlight, type Flight } from './flight.ts'
import { readOffers, type Buyer, type Offer, type OfferPrice } from './offer.ts'
import {
  budgetProblems,
  countryProblems,
  formatProblems,
  impressionsProblems,
  priceOf,
  pricingProblems,
} from './package_checks.ts'
import { impressionsOf, type Hold } from './reserve.ts'
import { agreedTerms, termsProblems, type AgreedTerms } from './term_checks.ts'

/** One package as it was asked for, with what is on sale for it, if anything is. */
export interface Draft {
  field: string
  request: PackageRequest
  offer: Offer | undefined
  price: OfferPrice | undefined
  flight: Flight
}
/** One package that passed every check, with what was agreed for it. */
export interface AgreedPackage extends Hold, AgreedTerms {
  request: PackageRequest
}

/** The packages a buyer wants beside the products they name. `list` is the field they stand in. */
export async function draftPackages(
  trx: Trx,
  buyer: Buyer,
  wanted: readonly PackageRequest[],
  buy: Flight,
  list = 'packages',
): Promise<Draft[]> {
  if (wanted.length === 0) return []
  const ids = wanted.map(({ product_id }) => product_id)
  const offers = await readOffers(trx, buyer, ids)
  return wanted.map((item, i) => {
    const offer = offers.get(item.product_id)
    return {
      field: `${list}[${i}]`,
      request: item,
      offer,
      price: offer && priceOf(item, offer),
      flight: packageFlight(item, buy),
    }
  })
}

/** What keeps a package from being sold as its product offers it: price, formats, targeting, budget, ad server. */
export function offerProblems({ field, request, offer, price, flight }: Draft, buy: Flight): Problem[] {
  if (!offer) return []
  const checks = [
    pricingProblems,
    formatProblems,
    countryProblems,
    budgetProblems,
    impressionsProblems,
    termsProblems,
  ]
  const able = price ? abilityProblems({ field, request, offer, price, flight }, buy) : []
  return [...checks.flatMap((check) => check(field, request, offer, flight)), ...able]
}

/** A draft nothing is wrong with, under an id of its own; none for one without product or price. */
export function agreedPackage({ offer, price, ...rest }: Draft): AgreedPackage[] {
  if (!offer || !price) return []
  const { budget, impressions = impressionsOf(price, budget) } = rest.request
  const terms = agreedTerms(rest.request, offer)
  return [{ ...rest, ...terms, offer, price, package_id: newId('pkg'), budget, impressions }]
}
