import type { ApprovedCreative } from '../../adapter.ts'
import type { Placeholder } from '../config.ts'
import type { Sent } from '../wsdl/canonical.ts'
import { number, text, unfit, type Asset } from './assets.ts'
import { fileAt } from './files.ts'
import type { Links } from './links.ts'

/** What a creative is made of besides its main asset. */
export interface Item {
  creative: ApprovedCreative
  links: Links
  placeholders: readonly Placeholder[]
}

/** An image Google gets a copy of, so that what is shown stays what was approved. */
export function imageCreative(image: Asset, { creative, links, placeholders }: Item): Sent {
  if (links.click === undefined) throw unfit(creative, 'an image needs a url to go to when it is clicked')
  if (links.clickTrackers.length > 0) throw unfit(creative, 'beside an image it calls no click trackers')
  const [width, height] = [number(image, 'width') ?? 0, number(image, 'height') ?? 0]
  return {
    xsi_type: 'ImageCreative',
    size: sizeOf(image, placeholders, creative),
    destinationUrl: links.click,
    primaryImageAsset: fileAt({ kind: 'image', url: text(image, 'url'), width, height }),
    altText: text(image, 'alt_text').slice(0, 500) || null,
    thirdPartyImpressionTrackingUrls: links.impressionTrackers,
  }
}

/** A zip archive with HTML in it, of which Google gets a copy. It says itself where a click leads. */
export function html5Creative(zip: Asset, { creative, links, placeholders }: Item): Sent {
  const [click, ...others] = links.clickTrackers
  if (others.length > 0) throw unfit(creative, 'it calls one click tracker at most')
  const kilobytes = number(zip, 'max_file_size_kb')
  const wanted = {
    kind: 'zip' as const,
    url: text(zip, 'url'),
    ...(text(zip, 'digest') && { digest: text(zip, 'digest') }),
    ...(kilobytes !== undefined && { most_bytes: kilobytes * 1000 }),
  }
  return {
    xsi_type: 'Html5Creative',
    size: sizeOf(zip, placeholders, creative),
    thirdPartyImpressionTrackingUrls: links.impressionTrackers,
    thirdPartyClickTrackingUrl: click ?? null,
    html5Asset: fileAt(wanted),
  }
}

/** HTML Google counts the clicks of, or a third party's tag that says itself where a click leads. */
export function htmlCreative(html: Asset, { creative, links, placeholders }: Item): Sent {
  if (links.clickTrackers.length > 0)
    throw unfit(creative, 'beside HTML it calls no click trackers; put them into it')
  const size = sizeOf(html, placeholders, creative)
  const content = text(html, 'content')
  const snippet = text(html, 'asset_type') === 'javascript' ? `<script>${content}</script>` : content
  const thirdPartyImpressionTrackingUrls = links.impressionTrackers
  return links.click === undefined
    ? { xsi_type: 'ThirdPartyCreative', size, snippet, thirdPartyImpressionTrackingUrls }
    : {
        xsi_type: 'CustomCreative',
        size,
        destinationUrl: links.click,
        htmlSnippet: snippet,
        thirdPartyImpressionTrackingUrls,
      }
}

/** Its own size, or that of the place it is for. */
export function sizeOf(asset: Asset, placeholders: readonly Placeholder[], creative: ApprovedCreative): Sent {
  const [width, height] = [number(asset, 'width'), number(asset, 'height')]
  if (width !== undefined && height !== undefined) return { width, height, isAspectRatio: false }
  const place = placeholders.find((one) => 'width' in one)
  if (place && 'width' in place) return { width: place.width, height: place.height, isAspectRatio: false }
  throw unfit(creative, 'it does not say its size, nor does its product')
}
