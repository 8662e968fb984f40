import { AdapterError, exactNumber, goalOf, type ApprovedPackage, type PackageField } from '../adapter.ts'
import { parseProductConfig } from './config.ts'
import { targetingOf } from './targeting.ts'

/** dev.kevel.com/reference/create-flight: GoalType, RateType and CapType of what is sold that way. */
const sold = {
  cpm: { GoalType: 1, RateType: 2, CapType: 1 },
  cpc: { GoalType: 3, RateType: 3, CapType: 2 },
} as const
const LARGEST_GOAL = 2_147_483_647n

/** The part of a flight that a package decides. Times are UTC, as Kevel's are. Its goal paces it evenly, and a cap as high keeps it from running over. */
export function flightOf(pkg: ApprovedPackage) {
  const { product_id, ad_server_config, package_id, pricing_model, start_time, end_time } = pkg
  const { priority_id, site_zones, custom_targeting } = parseProductConfig(ad_server_config, product_id)
  if (pricing_model !== 'cpm' && pricing_model !== 'cpc')
    throw new AdapterError('permanent', 'unsupported_pricing_model', `package ${package_id}: pricing_model`)
  const { GoalType, RateType, CapType } = sold[pricing_model]
  const price = priceOf(pkg)
  const units = unitsOf(pkg, pricing_model, price)
  return {
    StartDateISO: start_time,
    EndDateISO: end_time,
    PriorityId: priority_id,
    GoalType,
    Impressions: units,
    RateType,
    Price: exactNumber(price, `package ${package_id}: price`),
    CapType,
    LifetimeCapAmount: units,
    ...(custom_targeting === undefined ? {} : { CustomTargeting: custom_targeting }),
    ...(site_zones.length === 0
      ? {}
      : {
          SiteZoneTargeting: site_zones.map(({ site_id: SiteId, zone_id: ZoneId }) =>
            siteZone(SiteId, ZoneId),
          ),
        }),
    ...targetingOf(pkg),
  }
}

const siteZone = (SiteId: number, ZoneId: number | undefined) =>
  ZoneId === undefined ? { SiteId } : { SiteId, ZoneId }

/** What of a flight each field of a package decides; targeting is decided once, when the flight is made. */
export const decidedBy: Record<PackageField, readonly (keyof ReturnType<typeof flightOf>)[]> = {
  budget: ['Impressions', 'LifetimeCapAmount'],
  impressions: ['Impressions', 'LifetimeCapAmount'],
  bid_price: ['Price', 'Impressions', 'LifetimeCapAmount'],
  pacing: [],
  start_time: ['StartDateISO'],
  end_time: ['EndDateISO'],
  targeting_overlay: [],
}

function priceOf({ price, bid_price, package_id }: ApprovedPackage): string {
  const agreed = bid_price ?? price
  if (agreed !== null && Number(agreed) > 0) return agreed
  const message = `package ${package_id}: there is no price to book it at`
  throw new AdapterError('permanent', 'unsupported_price', message)
}

function unitsOf(pkg: ApprovedPackage, pricing_model: keyof typeof sold, price: string): number {
  const { budget, package_id } = pkg
  const units = goalOf(pkg, pricing_model, price)
  if (units > 0n && units <= LARGEST_GOAL) return Number(units)
  const why = units === 0n ? 'does not pay for one unit' : `pays for more than ${LARGEST_GOAL} units`
  throw new AdapterError(
    'permanent',
    'unsupported_budget',
    `package ${package_id}: the budget ${budget} ${why} at that price`,
  )
}
