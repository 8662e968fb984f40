import type { ApprovedCreative } from '../../adapter.ts'
import { assetsOf, text, unfit, type Asset } from './assets.ts'

/** Where a creative leads to and who is told of it. */
export interface Links {
  click: string | undefined
  impressionTrackers: string[]
  clickTrackers: string[]
}
type Role = 'click' | 'impression_tracker' | 'click_tracker'

/**
 * The addresses among a creative's assets, by what they are for. Where an asset does not say it (`url_type`), its name does.
 * @throws AdapterError('permanent') for a tracker Google would not call.
 */
export function linksOf(creative: ApprovedCreative): Links {
  const found = assetsOf(creative).flatMap(({ name, asset }) => {
    const role = roleOf(name, asset, creative)
    return role === undefined ? [] : [{ role, url: text(asset, 'url') }]
  })
  const all = (wanted: Role) => found.filter(({ role }) => role === wanted).map(({ url }) => url)
  const [click] = all('click')
  return {
    click,
    impressionTrackers: all('impression_tracker'),
    clickTrackers: all('click_tracker'),
  }
}

function roleOf(name: string, asset: Asset, creative: ApprovedCreative): Role | undefined {
  switch (text(asset, 'asset_type')) {
    case 'url':
      return roleOfUrl(name, asset, creative)
    case 'pixel_tracker': {
      const event = text(asset, 'event')
      if (text(asset, 'method') !== 'js' && (event === 'impression' || event === 'click'))
        return `${event}_tracker`
      throw unfit(creative, `${name}: it calls image trackers of impressions and clicks, no other`)
    }
    default:
      return undefined
  }
}

function roleOfUrl(name: string, asset: Asset, creative: ApprovedCreative): Role {
  const tracks = /track|pixel|impression/i.test(name)
  switch (text(asset, 'url_type') || (tracks ? 'tracker_pixel' : 'clickthrough')) {
    case 'clickthrough':
      return 'click'
    case 'tracker_pixel':
      return /click/i.test(name) ? 'click_tracker' : 'impression_tracker'
    default:
      throw unfit(creative, `${name}: it runs no script beside a creative; put it into the tag`)
  }
}
