import {
  AdapterError,
  advertiserNumber,
  bannerOf,
  creativeKey,
  unfit,
  type ApprovedBuy,
  type ApprovedCreative,
  type Change,
  type PackageField,
  type PlannedStep,
} from '../adapter.ts'
import { parseProductConfig, type Settings } from './config.ts'
import { decidedBy, flightOf } from './flight.ts'
import { keyedName } from './plan.ts'

/** The body of a change: the fields as they are to be. Archived and not deleted is what is canceled, because Kevel undeletes nothing. Pure. */
export function planChange(change: Change, buy: ApprovedBuy, settings: Settings): PlannedStep['body'] {
  switch (change.kind) {
    case 'cancel_order':
      return { campaign: { IsActive: false, IsArchived: true } }
    case 'cancel_line_item':
      return { flight: { IsActive: false, IsArchived: true } }
    case 'pause_line_item':
      return { flight: { IsActive: false } }
    case 'resume_line_item':
      return { flight: { IsActive: true } }
    case 'update_line_item': {
      const pkg = buy.packages.find(({ package_id }) => package_id === change.package_id)
      if (!pkg)
        throw new AdapterError('permanent', 'package_missing', `There is no package ${change.package_id}`)
      const flight = flightOf({ ...pkg, ...change.fields })
      const names = Object.keys(change.fields).flatMap((name) => decidedBy[name as PackageField])
      return { flight: Object.fromEntries([...new Set(names)].sort().map((name) => [name, flight[name]])) }
    }
    case 'upload_creative':
      return { creative: creativeOf(change.creative, buy, settings) }
    case 'attach_creative':
    case 'detach_creative': {
      const { creative_id, version } = change.creative
      return { creative: { creative_id, version }, ad: { IsActive: change.kind === 'attach_creative' } }
    }
  }
}

/** dev.kevel.com/reference/create-creative */
function creativeOf(creative: ApprovedCreative, buy: ApprovedBuy, settings: Settings) {
  const banner = bannerOf(creative)
  const key = creativeKey(buy.media_buy_id, creative)
  const shown =
    banner.kind === 'html'
      ? { IsHTMLJS: true, ScriptBody: banner.html }
      : { IsHTMLJS: false, ImageLink: banner.url, Url: banner.click, Alt: banner.alt ?? '' }
  return {
    AdvertiserId: advertiserNumber(buy, settings.advertiser_id),
    Title: keyedName(creative.name, key, 300),
    AdTypeId: adTypeOf(banner.size, creative, buy),
    IsActive: true,
    ...shown,
  }
}

/** The ad type of its size among those of the products it is for; the only one there is where it has no size. */
function adTypeOf(
  size: { width: number; height: number } | null,
  creative: ApprovedCreative,
  buy: ApprovedBuy,
): number {
  const types = buy.packages
    .filter(({ creatives }) => creatives.some(({ creative_id }) => creative_id === creative.creative_id))
    .flatMap(({ ad_server_config, product_id }) => parseProductConfig(ad_server_config, product_id).ad_types)
  const fitting = size
    ? types.filter((type) => type.width === size.width && type.height === size.height)
    : types
  const [id, ...others] = new Set(fitting.map(({ ad_type_id }) => ad_type_id))
  if (id !== undefined && others.length === 0) return id
  const sizes = [...new Set(types.map(({ width, height }) => `${width}x${height}`))].join(', ')
  const its = size ? `it is ${size.width}x${size.height}` : 'it does not say its size'
  throw unfit(creative, `${its}, and its products take ${sizes}`)
}
