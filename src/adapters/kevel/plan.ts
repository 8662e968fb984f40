import {
  AdapterError,
  advertiserNumber,
  refuseShortfalls,
  type ApprovedBuy,
  type PlannedStep,
} from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { beginning } from '../../plain_line.ts'
import type { Settings } from './config.ts'
import { flightOf } from './flight.ts'

/**
 * The steps that book this buy: a campaign and a flight for each package, our keys at the end of their names, because Kevel searches
 * by name and by nothing else of ours. Pure.
 */
export function planFulfilment(
  buy: ApprovedBuy,
  settings: Settings,
  capabilities: Capabilities,
): PlannedStep[] {
  refuseShortfalls(capabilities, buy)
  if (buy.currency !== settings.currency)
    throw new AdapterError(
      'permanent',
      'unsupported_currency',
      `currency: this Kevel network counts in ${settings.currency}, not in ${buy.currency}`,
    )
  const key = `adcp:${buy.media_buy_id}`
  const po = buy.po_number === null ? '' : `, PO ${buy.po_number}`
  const campaign = {
    AdvertiserId: advertiserNumber(buy, settings.advertiser_id),
    Name: keyedName(buy.name + po, key, 200),
    IsActive: true,
  }
  return [
    { kind: 'create_order', external_key: key, package_id: null, body: { campaign } },
    ...buy.packages.map((pkg): PlannedStep => {
      const external_key = `${key}:${pkg.package_id}`
      const Name = keyedName(pkg.product_name, external_key, 300)
      const flight = { Name, IsActive: true, ...flightOf(pkg) }
      return { kind: 'create_line_item', external_key, package_id: pkg.package_id, body: { flight } }
    }),
  ]
}

/** A name that ends with our key, and is no longer than Kevel lets it be. */
export function keyedName(name: string, key: string, longest: number): string {
  const ending = ` [${key}]`
  return beginning(name, longest - ending.length) + ending
}
