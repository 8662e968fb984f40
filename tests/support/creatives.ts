import type { Args } from './desk.ts'

/** A creative that fits display_300x250_image. */
export const aBanner = (creative_id: string, overrides: Args = {}): Args => ({
  creative_id,
  name: `Banner ${creative_id}`,
  format_id: { agent_url: 'https://creative.adcontextprotocol.org', id: 'display_300x250_image' },
  assets: {
    banner_image: {
      asset_type: 'image',
      url: `https://cdn.acme-outdoor.example/${encodeURIComponent(creative_id)}.png`,
      width: 300,
      height: 250,
    },
    click_url: { asset_type: 'url', url: 'https://acme-outdoor.example/' },
  },
  ...overrides,
})

/** A creative that fits display_300x250_html: nothing of it has to be fetched from anywhere. */
export const aTag = (creative_id: string): Args => ({
  creative_id,
  name: `Tag ${creative_id}`,
  format_id: { agent_url: 'https://creative.adcontextprotocol.org', id: 'display_300x250_html' },
  assets: { html_creative: { asset_type: 'html', content: `<b>${creative_id}</b>` } },
})

/** A creative that fits video_standard_15s. */
export const aVideo = (creative_id: string): Args => ({
  creative_id,
  name: `Video ${creative_id}`,
  format_id: { agent_url: 'https://creative.adcontextprotocol.org', id: 'video_standard_15s' },
  assets: {
    video_file: {
      asset_type: 'video',
      url: `https://cdn.acme-outdoor.example/${creative_id}.mp4`,
      width: 1920,
      height: 1080,
      duration_ms: 15_000,
    },
  },
})

let serial = 0
/** A valid sync of one banner, with a key of its own; a test overrides what it is about. */
export const aSync = (overrides: Args = {}): Args => ({
  idempotency_key: `test-sync-${String(++serial).padStart(8, '0')}`,
  account: { brand: { domain: 'acme-outdoor.example' }, operator: 'pinnacle-agency.example' },
  creatives: [aBanner('banner_1')],
  ...overrides,
})
