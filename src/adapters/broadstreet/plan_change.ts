import {
  AdapterError,
  advertiserNumber,
  bannerOf,
  creativeKey,
  type ApprovedBuy,
  type ApprovedCreative,
  type Change,
  type PackageField,
  type PlannedStep,
} from '../adapter.ts'
import { campaignOf, decidedBy } from './campaign.ts'
import { parseProductConfig, type Settings } from './config.ts'
import { keyedName } from './terms.ts'

/** The body of a change: the fields of a campaign as they are to be, an advertisement, or where one is to be placed. Pure. */
export function planChange(change: Change, buy: ApprovedBuy, settings: Settings): PlannedStep['body'] {
  switch (change.kind) {
    case 'cancel_order':
    case 'cancel_line_item':
      return { campaign: { paused: true, archived: true } }
    case 'pause_line_item':
      return { campaign: { paused: true } }
    case 'resume_line_item':
      return { campaign: { paused: false } }
    case 'update_line_item': {
      const campaign: Record<string, unknown> = campaignOf(
        { ...packageOf(buy, change.package_id), ...change.fields },
        buy,
      )
      const names = Object.keys(change.fields).flatMap((name) => decidedBy[name as PackageField])
      const wanted = [...new Set(names)].sort().filter((name) => name in campaign)
      return { campaign: Object.fromEntries(wanted.map((name) => [name, campaign[name]] as const)) }
    }
    case 'upload_creative':
      return {
        advertiser_id: advertiserNumber(buy, settings.advertiser_id),
        advertisement: advertisementOf(change.creative, buy),
      }
    case 'attach_creative':
    case 'detach_creative': {
      const { creative_id, version } = change.creative
      const { ad_server_config, product_id } = packageOf(buy, change.package_id)
      const { zone_ids } = parseProductConfig(ad_server_config, product_id)
      return { creative: { creative_id, version }, zone_ids }
    }
  }
}

function packageOf({ packages }: ApprovedBuy, packageId: string) {
  const pkg = packages.find(({ package_id }) => package_id === packageId)
  if (pkg) return pkg
  throw new AdapterError('permanent', 'package_missing', `There is no package ${packageId}`)
}

/** An image at its address, or HTML, as the vendor's own PHP client makes them (broadstreet-api-php, test/full.php). */
function advertisementOf(creative: ApprovedCreative, { media_buy_id }: ApprovedBuy) {
  const banner = bannerOf(creative)
  const name = keyedName(creative.name, `[${creativeKey(media_buy_id, creative)}]`)
  return banner.kind === 'html'
    ? { name, type: 'html', html: banner.html }
    : { name, type: 'static', active_url: banner.url, destination: banner.click }
}
