import type { ApprovedCreative } from './buy.ts'
import { AdapterError } from './call.ts'

/** A creative as any ad server for display can show it. */
export type Banner = { size: { width: number; height: number } | null } & (
  { kind: 'image'; url: string; click: string; alt: string | null } | { kind: 'html'; html: string }
)
type Asset = Readonly<Record<string, unknown>>

/** What of a creative's assets is shown: HTML or a script as it is, else an image and where it leads. @throws AdapterError('permanent') for anything else */
export function bannerOf(creative: ApprovedCreative): Banner {
  const assets = Object.values(creative.assets).flatMap((one) => [one].flat() as Asset[])
  const first = (...types: string[]) => assets.find((asset) => types.includes(text(asset, 'asset_type')))
  const html = first('html', 'javascript')
  if (html) {
    const content = text(html, 'content')
    if (content === '') throw unfit(creative, 'its HTML must be inline')
    const script = text(html, 'asset_type') === 'javascript'
    return { kind: 'html', size: sizeOf(html), html: script ? `<script>${content}</script>` : content }
  }
  const image = first('image')
  if (!image) throw unfit(creative, 'it has no image and no HTML')
  const click = assets.find(leads)
  if (!click) throw unfit(creative, 'an image needs a url to go to when it is clicked')
  const alt = text(image, 'alt_text') || null
  return { kind: 'image', size: sizeOf(image), url: text(image, 'url'), click: text(click, 'url'), alt }
}

const leads = (asset: Asset) =>
  text(asset, 'asset_type') === 'url' && ['clickthrough', ''].includes(text(asset, 'url_type'))

function sizeOf({ width, height }: Asset): Banner['size'] {
  return typeof width === 'number' && typeof height === 'number' ? { width, height } : null
}

function text(asset: Asset, field: string): string {
  const value = asset[field]
  return typeof value === 'string' ? value : ''
}

/** For a creative an ad server cannot show. */
export function unfit({ creative_id }: ApprovedCreative, why: string): AdapterError {
  const message = `creative ${creative_id} cannot be shown on this ad server: ${why}.`
  return new AdapterError('permanent', 'unsupported_creative', message)
}
