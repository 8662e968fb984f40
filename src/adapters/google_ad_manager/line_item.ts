import { AdapterError, goalOf, type ApprovedPackage } from '../adapter.ts'
import type { Placeholder, ProductConfig, Settings } from './config.ts'
import { toMicros } from './money.ts'
import { dayPartTargeting } from './targeting/day_parts.ts'
import { frequencyCaps } from './targeting/frequency_caps.ts'
import type { Overlay } from './targeting/overlay.ts'
import type { Sent } from './wsdl/canonical.ts'

type LineItemType = NonNullable<ProductConfig['line_item_type']>

/** The part of a LineItem that needs nothing looked up. What it costs a day is worked out in the network's days. */
export function lineItemOf(
  pkg: ApprovedPackage,
  config: ProductConfig,
  overlay: Overlay,
  currency: string,
  settings: Settings,
): Sent {
  const lineItemType = typeOf(pkg, config)
  return {
    name: nameOf(pkg),
    creativeRotationType: 'EVEN',
    deliveryRateType: deliveryRate[pkg.pacing],
    frequencyCaps: frequencyCaps(config, overlay.frequency_cap, pkg.package_id),
    lineItemType,
    priority: config.priority,
    ...priceAndGoal(pkg, config, lineItemType, currency),
    creativePlaceholders: config.placeholders.map(placeholderOf),
    environmentType: config.environment,
    videoMaxDuration: config.video_max_duration_ms?.toString(),
    allowOverbook: settings.overbook ? true : undefined,
    skipInventoryCheck: settings.skip_inventory_check ? true : undefined,
    targeting: {
      inventoryTargeting: {
        targetedAdUnits: config.ad_unit_ids.map((adUnitId) => ({
          adUnitId,
          includeDescendants: config.include_descendants,
        })),
        excludedAdUnits: config.excluded_ad_unit_ids.map((adUnitId) => ({
          adUnitId,
          includeDescendants: true,
        })),
        targetedPlacementIds: config.placement_ids,
      },
      dayPartTargeting: overlay.daypart_targets && dayPartTargeting(overlay.daypart_targets),
    },
  }
}

const deliveryRate = { even: 'EVENLY', front_loaded: 'FRONTLOADED', asap: 'AS_FAST_AS_POSSIBLE' } as const
/** Line items that take a share of what there is instead of a number of impressions. */
const byShare: readonly LineItemType[] = ['SPONSORSHIP', 'NETWORK', 'HOUSE']

// names of 255 characters at most; the package_id keeps those of one order apart
function nameOf({ product_name, package_id }: ApprovedPackage): string {
  return `${product_name.slice(0, 255 - package_id.length - 3)} [${package_id}]`
}

function typeOf(
  { delivery_type, pricing_model, package_id }: ApprovedPackage,
  config: ProductConfig,
): LineItemType {
  const byTheDay = pricing_model === 'flat_rate' || pricing_model === 'time'
  const guaranteed = delivery_type === 'guaranteed'
  const usual = byTheDay ? (guaranteed ? 'SPONSORSHIP' : 'NETWORK') : 'STANDARD'
  const type =
    config.line_item_type ?? (guaranteed || byTheDay || pricing_model === 'vcpm' ? usual : 'PRICE_PRIORITY')
  const fits = byTheDay
    ? ['SPONSORSHIP', 'NETWORK'].includes(type)
    : pricing_model === 'vcpm'
      ? type === 'STANDARD'
      : !(pricing_model === 'cpc' && byShare.includes(type))
  if (fits) return type
  const message = `package ${package_id}: a ${type} line item cannot be sold by ${pricing_model}; change line_item_type in the product’s ad_server_config`
  throw new AdapterError('config', 'line_item_type', message)
}

const units = { cpm: 'IMPRESSIONS', vcpm: 'VIEWABLE_IMPRESSIONS', cpc: 'CLICKS' } as const

function priceAndGoal(
  pkg: ApprovedPackage,
  config: ProductConfig,
  lineItemType: LineItemType,
  currencyCode: string,
): Sent {
  const { pricing_model } = pkg
  const share = { goalType: 'DAILY', unitType: 'IMPRESSIONS', units: String(config.share_percent) }
  if (pricing_model === 'flat_rate' || pricing_model === 'time')
    return { costType: 'CPD', primaryGoal: share }
  if (pricing_model !== 'cpm' && pricing_model !== 'vcpm' && pricing_model !== 'cpc')
    throw new AdapterError(
      'permanent',
      'unsupported_pricing_model',
      `package ${pkg.package_id}: pricing_model`,
    )
  const price = priceOf(pkg)
  const costType = pricing_model.toUpperCase()
  const costPerUnit = { currencyCode, microAmount: price.toString() }
  if (byShare.includes(lineItemType)) return { costType, costPerUnit, primaryGoal: share }
  const bought = unitsBought(pkg, pricing_model)
  return {
    costType,
    costPerUnit,
    primaryGoal: { goalType: 'LIFETIME', unitType: units[pricing_model], units: bought.toString() },
  }
}

function priceOf({ price, bid_price, package_id }: ApprovedPackage): bigint {
  const agreed = bid_price ?? price
  const micros = agreed === null ? 0n : toMicros(agreed, `package ${package_id}: price`)
  if (micros > 0n) return micros
  throw new AdapterError(
    'permanent',
    'unsupported_price',
    `package ${package_id}: there is no price to book it at`,
  )
}

function unitsBought(pkg: ApprovedPackage, pricing_model: keyof typeof units): bigint {
  const { budget, price, bid_price, package_id } = pkg
  const bought = goalOf(pkg, pricing_model, bid_price ?? price ?? '0')
  if (bought > 0n) return bought
  const message = `package ${package_id}: the budget ${budget} does not pay for one unit at that price`
  throw new AdapterError('permanent', 'unsupported_budget', message)
}

function placeholderOf(placeholder: Placeholder): Sent {
  const expectedCreativeCount = placeholder.count
  if ('width' in placeholder) {
    const { width, height } = placeholder
    return { size: { width, height, isAspectRatio: false }, expectedCreativeCount, creativeSizeType: 'PIXEL' }
  }
  const { creative_template_id: creativeTemplateId } = placeholder
  const size = { width: 1, height: 1, isAspectRatio: false }
  return { size, creativeTemplateId, expectedCreativeCount, creativeSizeType: 'NATIVE' }
}
