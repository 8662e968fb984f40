import { AdapterError, type ApprovedBuy, type ApprovedCreative, type ApprovedPackage } from '../adapter.ts'
import { parseProductConfig, type Placeholder } from './config.ts'
import type { Sent } from './wsdl/canonical.ts'

type Asset = Readonly<Record<string, unknown>>

/**
 * A creative as Google keeps it: an image at its address, HTML with a click address, a third party's tag, a redirect to VAST, or where
 * the product asks for it the variables of a native template. @throws AdapterError('permanent') for what fits none of them.
 */
export function creativeOf(creative: ApprovedCreative, buy: ApprovedBuy): Sent {
  const placeholders = buy.packages.filter((pkg) => shows(pkg, creative)).flatMap(placeholdersOf)
  const assets = Object.entries(creative.assets).flatMap(([name, one]) =>
    [one].flat().map((asset) => ({ name, asset: asset as Asset })),
  )
  const first = (...types: string[]) =>
    assets.find(({ asset }) => types.includes(text(asset, 'asset_type')))?.asset
  const native = placeholders.find((one) => 'creative_template_id' in one)
  if (native && 'creative_template_id' in native) return nativeCreative(native, creative, assets)

  const vast = first('vast')
  if (vast) return vastCreative(vast, creative, placeholders)
  const html = first('html', 'javascript')
  const image = first('image')
  const click = clickAddress(assets)
  if (html) return htmlCreative(html, click, sizeOf(html, placeholders, creative))
  if (!image) throw unfit(creative, 'it has no image, HTML, tag or VAST')
  if (click === undefined) throw unfit(creative, 'an image needs a url to go to when it is clicked')
  return {
    xsi_type: 'ImageRedirectCreative',
    size: sizeOf(image, placeholders, creative),
    destinationUrl: click,
    imageUrl: text(image, 'url'),
    altText: text(image, 'alt_text') || null,
    thirdPartyImpressionTrackingUrls: trackers(assets),
  }
}

function htmlCreative(html: Asset, click: string | undefined, size: Sent): Sent {
  const content = text(html, 'content')
  const snippet = text(html, 'asset_type') === 'javascript' ? `<script>${content}</script>` : content
  return click === undefined
    ? { xsi_type: 'ThirdPartyCreative', size, snippet }
    : { xsi_type: 'CustomCreative', size, destinationUrl: click, htmlSnippet: snippet }
}

function vastCreative(vast: Asset, creative: ApprovedCreative, placeholders: Placeholder[]): Sent {
  if (text(vast, 'delivery_type') !== 'url') throw unfit(creative, 'VAST must be at an address, not inline')
  const duration = vast['duration_ms']
  return {
    xsi_type: 'VastRedirectCreative',
    size: sizeOf(vast, placeholders, creative),
    vastXmlUrl: text(vast, 'url'),
    vastRedirectType: 'LINEAR',
    duration: typeof duration === 'number' ? duration : null,
  }
}

function nativeCreative(
  { creative_template_id, variables }: Extract<Placeholder, { creative_template_id: string }>,
  creative: ApprovedCreative,
  assets: { name: string; asset: Asset }[],
): Sent {
  const values = Object.entries(variables).map(([uniqueName, assetName]) => {
    const asset = assets.find(({ name }) => name === assetName)?.asset
    if (!asset) throw unfit(creative, `its template needs the asset ${assetName}`)
    const address = text(asset, 'url')
    return address
      ? { xsi_type: 'UrlCreativeTemplateVariableValue', uniqueName, value: address }
      : { xsi_type: 'StringCreativeTemplateVariableValue', uniqueName, value: text(asset, 'content') }
  })
  return {
    xsi_type: 'TemplateCreative',
    size: { width: 1, height: 1, isAspectRatio: false },
    creativeTemplateId: creative_template_id,
    destinationUrl: clickAddress(assets) ?? null,
    creativeTemplateVariableValues: values,
  }
}

/** Its own size, or that of the place it is for. */
function sizeOf(asset: Asset, placeholders: Placeholder[], creative: ApprovedCreative): Sent {
  const { width, height } = asset
  if (typeof width === 'number' && typeof height === 'number') return { width, height, isAspectRatio: false }
  const place = placeholders.find((one) => 'width' in one)
  if (place && 'width' in place) return { width: place.width, height: place.height, isAspectRatio: false }
  throw unfit(creative, 'it does not say its size, nor does its product')
}

function clickAddress(assets: { name: string; asset: Asset }[]): string | undefined {
  const urls = assets.filter(({ asset }) => text(asset, 'asset_type') === 'url').map(({ asset }) => asset)
  const click = urls.find((asset) => ['clickthrough', ''].includes(text(asset, 'url_type')))
  return click && text(click, 'url')
}

function trackers(assets: { asset: Asset }[]): string[] {
  return assets
    .filter(({ asset }) => text(asset, 'asset_type') === 'url' && text(asset, 'url_type') === 'tracker_pixel')
    .map(({ asset }) => text(asset, 'url'))
}

const shows = ({ creatives }: ApprovedPackage, { creative_id, version }: ApprovedCreative) =>
  creatives.some((one) => one.creative_id === creative_id && one.version === version)

const placeholdersOf = ({ ad_server_config, product_id }: ApprovedPackage) =>
  parseProductConfig(ad_server_config, product_id).placeholders

function text(asset: Asset, field: string): string {
  const value = asset[field]
  return typeof value === 'string' ? value : ''
}

function unfit({ creative_id }: ApprovedCreative, why: string): AdapterError {
  const message = `creative ${creative_id} cannot be shown by Google Ad Manager: ${why}.`
  return new AdapterError('permanent', 'unsupported_creative', message)
}
