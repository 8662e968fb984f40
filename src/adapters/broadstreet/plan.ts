import { advertiserNumber, refuseShortfalls, type ApprovedBuy, type PlannedStep } from '../adapter.ts'
import type { Capabilities } from '../../capabilities.ts'
import { campaignOf } from './campaign.ts'
import { parseProductConfig, type Settings } from './config.ts'
import { keyedName, timeThere } from './terms.ts'

/**
 * The steps that book this buy: a campaign for each package, and one that holds no ads and is paused, the record of the order, because
 * Broadstreet has nothing above a campaign but the advertiser. Pure. Campaigns are found again by the keys at the end of their names.
 */
export function planFulfilment(
  buy: ApprovedBuy,
  settings: Settings,
  capabilities: Capabilities,
): PlannedStep[] {
  refuseShortfalls(capabilities, buy)
  const key = `adcp:${buy.media_buy_id}`
  const advertiser_id = advertiserNumber(buy, settings.advertiser_id)
  const items = buy.packages.map((pkg): PlannedStep => {
    const { weight } = configOf(pkg)
    const body = { advertiser_id, campaign: { ...campaignOf(pkg, buy), weight } }
    const external_key = `${key}:${pkg.package_id}`
    return { kind: 'create_line_item', external_key, package_id: pkg.package_id, body }
  })
  const zone_ids = [...new Set(buy.packages.flatMap((pkg) => configOf(pkg).zone_ids))].sort((a, b) => a - b)
  const body = { advertiser_id, campaign: recordOf(buy, key), zone_ids }
  return [{ kind: 'create_order', external_key: key, package_id: null, body }, ...items]
}

const configOf = ({ ad_server_config, product_id }: ApprovedBuy['packages'][number]) =>
  parseProductConfig(ad_server_config, product_id)

function recordOf({ name, po_number, start_time, end_time }: ApprovedBuy, key: string) {
  return {
    name: keyedName(name, `${po_number === null ? '' : `PO ${po_number.slice(0, 100)}, `}order [${key}]`),
    start_date: timeThere(start_time),
    end_date: timeThere(end_time),
    paused: true,
    notes:
      'The record of an order booked by Salesdesk. Its packages are campaigns of their own; this one shows nothing.',
  }
}
