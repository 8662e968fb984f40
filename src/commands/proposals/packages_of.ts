import type { PackageRequest } from '../../adcp/package_request.ts'
import { allocate } from '../../adcp/shares.ts'
import type { OfferPrice } from '../media_buy_terms/offer.ts'
import type { Plan } from './plan.ts'

/** The packages a plan becomes for a total budget, to the cent, and the price promised for each. */
export function packagesOf(
  { items }: Pick<Plan, 'items'>,
  total: number,
): { packages: PackageRequest[]; prices: OfferPrice[] } {
  const budgets = allocate(
    total,
    items.map(({ percent }) => percent),
  )
  return {
    packages: items.map(({ product_id, price, bid_price }, i) => ({
      product_id,
      pricing_option_id: price.pricing_option_id,
      budget: budgets[i] ?? 0,
      ...(bid_price !== null && { bid_price: Number(bid_price) }),
    })),
    prices: items.map(({ price }) => price),
  }
}
