import {
  AdapterError,
  goalOf,
  type ApprovedBuy,
  type ApprovedPackage,
  type PackageField,
} from '../adapter.ts'
import { keyedName, said, timeThere } from './terms.ts'

const LARGEST_COUNT = 2_147_483_647n

/** The campaign of a package, in the words of Broadstreet's API. Sold by CPM it ends once it showed what was bought. */
export function campaignOf(pkg: ApprovedPackage, { media_buy_id, currency }: ApprovedBuy) {
  const { package_id, product_name, budget, start_time, end_time } = pkg
  const pacing = pkg.pacing === 'asap' ? 'asap' : 'even'
  const by_cpm = pkg.pricing_model === 'cpm' ? soldByCpm(pkg) : null
  const terms = said({ budget, currency, by_cpm, start_time, end_time, pacing })
  return {
    name: keyedName(product_name, `${terms} [adcp:${media_buy_id}:${package_id}]`),
    start_date: timeThere(start_time),
    end_date: timeThere(end_time),
    pacing_type: pacing,
    ...(by_cpm && { max_impression_count: by_cpm.impressions, impression_max_type: 'cap' }),
  }
}

type Field = keyof ReturnType<typeof campaignOf> | 'max_impression_count'
/** What of a campaign each field of a package decides. The name says all of it. */
export const decidedBy: Record<PackageField, readonly Field[]> = {
  budget: ['name', 'max_impression_count'],
  impressions: ['name', 'max_impression_count'],
  start_time: ['name', 'start_date'],
  end_time: ['name', 'end_date'],
  pacing: ['name', 'pacing_type'],
  bid_price: [],
  targeting_overlay: [],
}

function priceOf({ price, package_id }: ApprovedPackage): string {
  if (price !== null && Number(price) > 0) return price
  const message = `package ${package_id}: there is no price to book it at`
  throw new AdapterError('permanent', 'unsupported_price', message)
}

function soldByCpm(pkg: ApprovedPackage) {
  const { budget, package_id } = pkg
  const cpm = priceOf(pkg)
  const units = goalOf(pkg, 'cpm', cpm)
  if (units > 0n && units <= LARGEST_COUNT) return { cpm, impressions: Number(units) }
  const why =
    units === 0n ? 'does not pay for one impression' : `pays for more than ${LARGEST_COUNT} impressions`
  const message = `package ${package_id}: the budget ${budget} ${why} at that price`
  throw new AdapterError('permanent', 'unsupported_budget', message)
}
