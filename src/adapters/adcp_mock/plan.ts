import canonicalize from 'canonicalize'
import {
  AdapterError,
  creativeKey,
  exactNumber,
  refuseShortfalls,
  type ApprovedBuy,
  type ApprovedPackage,
  type Change,
  type PlannedStep,
} from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { parseProductConfig, type Settings } from './config.ts'

/**
 * The steps that book this buy: an order, a line item for each package, and the approval every order there needs. Pure.
 * The ad server keeps an amount of money per line item; the flight and the PO number stand in the order's name.
 */
export function planFulfilment(
  buy: ApprovedBuy,
  settings: Settings,
  capabilities: Capabilities,
): PlannedStep[] {
  refuseShortfalls(capabilities, buy)
  const key = `adcp:${buy.media_buy_id}`
  return [
    { kind: 'create_order', external_key: key, package_id: null, body: orderBody(buy, key, settings) },
    ...buy.packages.map((pkg) => planLineItem(pkg, key)),
    { kind: 'await_approval', external_key: key, package_id: null, body: {} },
  ]
}

/** The body of a change this ad server has a route for: a creative, or putting one on a line item. Pure. */
export function planChange(change: Change, buy: ApprovedBuy, settings: Settings): PlannedStep['body'] {
  switch (change.kind) {
    case 'upload_creative': {
      const { name, format_id, assets } = change.creative
      const key = creativeKey(buy.media_buy_id, change.creative)
      const advertiser_id = advertiserOf(buy, settings)
      return { name: `${name} [${key}]`, format_id, advertiser_id, snippet: canonicalize(assets) }
    }
    case 'attach_creative':
      return { creative: change.creative }
    case 'cancel_order':
    case 'pause_line_item':
    case 'resume_line_item':
    case 'cancel_line_item':
    case 'update_line_item':
    case 'detach_creative':
      throw cannot('change', `this ad server cannot be told to ${change.kind}`)
  }
}

function advertiserOf(buy: ApprovedBuy, settings: Settings): string {
  const advertiser_id = buy.advertiser_id ?? settings.advertiser_id
  if (advertiser_id !== null) return advertiser_id
  throw new AdapterError(
    'needs_human',
    'advertiser_missing',
    `advertiser_id is missing: give ${buy.brand_domain} its advertiser on this ad server, or the connection a default, then try again.`,
  )
}

function orderBody(buy: ApprovedBuy, key: string, settings: Settings) {
  const po = buy.po_number === null ? '' : `, PO ${buy.po_number}`
  return {
    name: `${buy.name}, ${buy.start_time} to ${buy.end_time}${po} [${key}]`,
    advertiser_id: advertiserOf(buy, settings),
    currency: buy.currency,
    budget: exactNumber(buy.total_budget, 'total_budget'),
  }
}

function planLineItem(pkg: ApprovedPackage, orderKey: string): PlannedStep {
  const { package_id, budget } = pkg
  const config = parseProductConfig(pkg.ad_server_config, pkg.product_id)
  return {
    kind: 'create_line_item',
    external_key: `${orderKey}:${package_id}`,
    package_id,
    body: { ...config, budget: exactNumber(budget, `package ${package_id}: budget`) },
  }
}

function cannot(field: string, message: string): AdapterError {
  return new AdapterError('permanent', `unsupported_${field}`, message)
}
