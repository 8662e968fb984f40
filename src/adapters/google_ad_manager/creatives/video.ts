import type { Sent } from '../wsdl/canonical.ts'
import { number, text, unfit, type Asset } from './assets.ts'
import { sizeOf, type Item } from './display.ts'

/** A tag a third party serves VAST from. */
export function vastCreative(vast: Asset, item: Item, longestMs: number | undefined): Sent {
  const { creative, placeholders } = item
  if (text(vast, 'delivery_type') !== 'url') throw unfit(creative, 'VAST must be at an address, not inline')
  refuseTrackers(item, 'beside VAST it calls no trackers; put them into it')
  const duration = number(vast, 'duration_ms') ?? longestMs
  if (duration === undefined) throw unfit(creative, 'neither it nor its product says how long it is')
  return {
    xsi_type: 'VastRedirectCreative',
    size: sizeOf(vast, placeholders, creative),
    vastXmlUrl: text(vast, 'url'),
    vastRedirectType: 'LINEAR',
    duration,
  }
}

/** A video that stays at its address. */
export function videoCreative(video: Asset, item: Item): Sent {
  const { creative, placeholders } = item
  return {
    xsi_type: 'VideoRedirectCreative',
    ...hosted(video, item),
    size: sizeOf({}, placeholders, creative),
    videoAssets: [assetOf(video, item, videoTypes, sizeOf(video, placeholders, creative))],
  }
}

/** Sound that stays at its address. */
export function audioCreative(audio: Asset, item: Item): Sent {
  const none = { width: 1, height: 1, isAspectRatio: false }
  return {
    xsi_type: 'AudioRedirectCreative',
    ...hosted(audio, item),
    size: none,
    audioAssets: [assetOf(audio, item, audioTypes, none)],
  }
}

function hosted(asset: Asset, item: Item): Sent {
  refuseTrackers(item, 'beside a video or sound it calls no trackers')
  const { click } = item.links
  return {
    ...(click === undefined ? { destinationUrlType: 'NONE' } : { destinationUrl: click }),
    duration: durationOf(asset, item),
  }
}

function assetOf(asset: Asset, item: Item, types: Readonly<Record<string, string>>, size: Sent): Sent {
  const url = text(asset, 'url')
  const container = text(asset, 'container_format') || (/\.(\w+)$/.exec(new URL(url).pathname)?.[1] ?? '')
  const mimeType = types[container.toLowerCase()]
  if (mimeType === undefined) throw unfit(item.creative, `it plays no ${container || 'file of unknown kind'}`)
  const bitRate = number(asset, 'video_bitrate_kbps') ?? number(asset, 'bitrate_kbps') ?? null
  const duration = durationOf(asset, item)
  return {
    redirectUrl: url,
    metadata: {
      scalableType: 'RATIO_SCALABLE',
      duration,
      bitRate,
      size,
      mimeType,
      deliveryType: 'PROGRESSIVE',
    },
  }
}

function durationOf(asset: Asset, { creative }: Item): number {
  const duration = number(asset, 'duration_ms')
  if (duration !== undefined) return duration
  throw unfit(creative, 'it does not say how long it is (duration_ms)')
}

const videoTypes: Readonly<Record<string, string>> = {
  mp4: 'VIDEO_MP4',
  webm: 'VIDEO_WEBM',
  mov: 'VIDEO_QUICKTIME',
  '3gp': 'VIDEO_3GPP',
}
const audioTypes: Readonly<Record<string, string>> = {
  mp3: 'AUDIO_MP3',
  m4a: 'AUDIO_MP4',
  mp4: 'AUDIO_MP4',
  ogg: 'AUDIO_OGG',
  wav: 'AUDIO_WAV',
  flac: 'AUDIO_FLAC',
}

function refuseTrackers({ creative, links }: Item, why: string): void {
  if (links.impressionTrackers.length + links.clickTrackers.length > 0) throw unfit(creative, why)
}
