import type { ApprovedBuy, ApprovedCreative, ApprovedPackage } from '../adapter.ts'
import { parseProductConfig, type ProductConfig } from './config.ts'
import { assetsOf, firstOf, unfit } from './creatives/assets.ts'
import { html5Creative, htmlCreative, imageCreative } from './creatives/display.ts'
import { linksOf } from './creatives/links.ts'
import { translateMacros } from './creatives/macros.ts'
import { nativeCreative } from './creatives/native.ts'
import { audioCreative, vastCreative, videoCreative } from './creatives/video.ts'
import type { Sent, SentValue } from './wsdl/canonical.ts'

/**
 * A creative as Google keeps it: an image or an HTML5 archive, of which it gets a copy, HTML with a click address, a third party's
 * tag, video or audio at its address, a redirect to VAST, or where the product asks for it the variables of a native template. AdCP's
 * macros become Google's. @throws AdapterError('permanent') for what fits none of them.
 */
export function creativeOf(creative: ApprovedCreative, buy: ApprovedBuy): Sent {
  const products = buy.packages.filter((pkg) => shows(pkg, creative)).map(parseProductConfig)
  const translated = (value: SentValue): SentValue => {
    if (typeof value === 'string') return translateMacros(value, buy, creative)
    if (Array.isArray(value)) return (value as readonly SentValue[]).map(translated)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, translated(one)]))
  }
  return translated(untranslated(creative, products)) as Sent
}

function untranslated(creative: ApprovedCreative, products: readonly ProductConfig[]): Sent {
  const placeholders = products.flatMap((config) => config.placeholders)
  const assets = assetsOf(creative)
  const links = linksOf(creative)
  const native = placeholders.find((one) => 'creative_template_id' in one)
  if (native && 'creative_template_id' in native) return nativeCreative(native, creative, assets, links)
  const asset = firstOf(assets, 'vast', 'daast', 'zip', 'html', 'javascript', 'video', 'audio', 'image')
  const item = { creative, links, placeholders }
  switch (asset?.['asset_type']) {
    case 'vast':
      return vastCreative(asset, item, longest(products))
    case 'zip':
      return html5Creative(asset, item)
    case 'html':
    case 'javascript':
      return htmlCreative(asset, item)
    case 'video':
      return videoCreative(asset, item)
    case 'audio':
      return audioCreative(asset, item)
    case 'image':
      return imageCreative(asset, item)
    case 'daast':
      throw unfit(creative, 'it speaks VAST, not DAAST')
    default:
      throw unfit(creative, 'it has no image, HTML, tag, video, audio or VAST')
  }
}

/** The longest video a product takes, where a VAST tag does not say how long it is. */
const longest = (products: readonly ProductConfig[]) =>
  products.map((config) => config.video_max_duration_ms).find((one) => one !== undefined)

const shows = ({ creatives }: ApprovedPackage, { creative_id, version }: ApprovedCreative) =>
  creatives.some((one) => one.creative_id === creative_id && one.version === version)
