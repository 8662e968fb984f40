import type { Assets } from '../../../adcp/creative_fit.ts'

type Asset = Record<string, unknown>

/** What a creative is made of. Pictures, films and sounds are shown; code is shown as text and never run. */
export function Assets({ assets, brief = false }: { assets: Assets; brief?: boolean }) {
  const all = Object.entries(assets).flatMap(([slot, value]) =>
    [value].flat().map((asset) => ({ slot, asset })),
  )
  const shown = brief ? all.filter(({ asset }) => kindOf(asset) !== 'link').slice(0, 1) : all
  return (
    <div class="assets">
      {shown.map(({ slot, asset }) => (
        <figure>
          <Shown slot={slot} asset={asset} />
          <figcaption>
            <strong>{slot}</strong> <span class="faint">{factsOf(asset).join(' · ')}</span>
          </figcaption>
        </figure>
      ))}
    </div>
  )
}

type Kind = 'image' | 'video' | 'audio' | 'code' | 'text' | 'link'

function kindOf({ asset_type, url, content }: Asset): Kind {
  if (typeof content === 'string') return asset_type === 'text' || asset_type === 'markdown' ? 'text' : 'code'
  const shown = asset_type === 'image' || asset_type === 'video' || asset_type === 'audio'
  // the browser takes nothing else from a stranger
  return shown && typeof url === 'string' && url.startsWith('https://') ? asset_type : 'link'
}

/** Enough to judge a tag by. */
const CODE_SHOWN = 4000

function Shown({ slot, asset }: { slot: string; asset: Asset }) {
  const url = text(asset['url'])
  const size = { width: pixels(asset['width']), height: pixels(asset['height']) }
  switch (kindOf(asset)) {
    case 'image':
      return (
        <img
          src={url}
          alt={text(asset['alt_text']) || `What the buyer sent as ${slot}`}
          loading="lazy"
          {...size}
        />
      )
    case 'video':
      return <video src={url} controls preload="none" aria-label={slot} {...size}></video>
    case 'audio':
      return <audio src={url} controls preload="none" aria-label={slot}></audio>
    case 'code':
      return (
        <pre tabindex={0} role="region" aria-label={`Source of ${slot}`}>
          {text(asset['content']).slice(0, CODE_SHOWN)}
        </pre>
      )
    case 'text':
      return <blockquote>{text(asset['content']).slice(0, CODE_SHOWN)}</blockquote>
    case 'link':
      return (
        <p>
          {isWeb(url) ? (
            <a href={url} rel="noreferrer noopener nofollow">
              {url}
            </a>
          ) : (
            <code>{url || 'nothing'}</code>
          )}
        </p>
      )
  }
}

function factsOf(asset: Asset): string[] {
  const { asset_type, width, height, duration_ms, content } = asset
  return [
    text(asset_type),
    ...(pixels(width) && pixels(height) ? [`${pixels(width)} × ${pixels(height)}`] : []),
    ...(typeof duration_ms === 'number' ? [`${duration_ms / 1000} s`] : []),
    ...(typeof content === 'string' && content.length > CODE_SHOWN
      ? [`the first ${CODE_SHOWN} of ${content.length} characters`]
      : []),
  ]
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const pixels = (value: unknown) =>
  typeof value === 'number' && value > 0 && value < 10_000 ? value : undefined
const isWeb = (url: string) => /^https?:\/\//.test(url)
