import {
  AdapterError,
  refuseShortfalls,
  type ApprovedBuy,
  type ApprovedPackage,
  type Change,
  type PlannedStep,
} from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { mergeBehaviour, parseProductConfig, type Settings } from './config.ts'

/** The steps that book this buy: an order, a line item for each package and, where it needs one, an approval. Pure. */
export function planFulfilment(
  buy: ApprovedBuy,
  settings: Settings,
  capabilities: Capabilities,
): PlannedStep[] {
  refuseShortfalls(capabilities, buy)
  if (buy.advertiser_id === null && settings.advertiser_required) throw advertiserMissing(buy)
  const key = `adcp:${buy.media_buy_id}`
  const simulate = behaviourOf(buy.packages)
  const order: PlannedStep = {
    kind: 'create_order',
    external_key: key,
    package_id: null,
    body: { order: orderBody(buy, key), simulate },
  }
  const lineItems = buy.packages.map((pkg) => planLineItem(buy, pkg, key))
  const approval: PlannedStep = { kind: 'await_approval', external_key: key, package_id: null, body: {} }
  return [order, ...lineItems, ...(simulate.approval_ms === null ? [] : [approval])]
}

/** The body of a change: what is to be, and how the ad server treats it. Pure. */
export function planChange(change: Change, buy: ApprovedBuy): PlannedStep['body'] {
  const own = buy.packages.filter((item) => 'package_id' in change && item.package_id === change.package_id)
  const { change: simulate } = behaviourOf(own.length > 0 ? own : buy.packages)
  return { ...change, simulate }
}

const behaviourOf = (packages: readonly ApprovedPackage[]) =>
  mergeBehaviour(
    packages.map(({ ad_server_config, product_id }) => parseProductConfig(ad_server_config, product_id)),
  )

function orderBody(buy: ApprovedBuy, key: string) {
  const { advertiser_id, brand_domain, currency, total_budget, start_time, end_time, po_number } = buy
  const advertiser = advertiser_id ?? brand_domain
  return { name: `${buy.name} [${key}]`, advertiser, currency, total_budget, start_time, end_time, po_number }
}

function planLineItem(buy: ApprovedBuy, pkg: ApprovedPackage, orderKey: string): PlannedStep {
  // booked running and without creatives; both are changes
  const { ad_server_config, package_id, paused: _paused, creatives: _creatives, ...rest } = pkg
  const { line_item_latency_ms, inventory } = parseProductConfig(ad_server_config, pkg.product_id)
  return {
    kind: 'create_line_item',
    external_key: `${orderKey}:${package_id}`,
    package_id,
    body: {
      line_item: { ...rest, currency: buy.currency, ...(inventory !== undefined && { inventory }) },
      simulate: { line_item_latency_ms },
    },
  }
}

function advertiserMissing({ brand_domain }: ApprovedBuy): AdapterError {
  const message = `advertiser_id is missing: give ${brand_domain} its advertiser on this ad server, then try again.`
  return new AdapterError('needs_human', 'advertiser_missing', message)
}
