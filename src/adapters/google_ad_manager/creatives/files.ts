import { createHash } from 'node:crypto'
import { imageSize } from 'image-size'
import type { Download, Downloaded } from '../../adapter.ts'
import type { Sent, SentValue } from '../wsdl/canonical.ts'

/** Google takes no larger files for images and HTML5. */
const LARGEST_FILE_BYTES = 10_000_000

/** Stands in a planned creative where a file belongs that is fetched when the creative is uploaded. */
export interface WantedFile {
  kind: 'image' | 'zip'
  url: string
  /** Pixels the image must have. */
  width?: number
  height?: number
  /** What the buyer says of the bytes, as `sha256:…`. */
  digest?: string
  most_bytes?: number
}

/** A CreativeAsset of Google's in a planned creative. */
export const fileAt = (wanted: WantedFile): Sent => ({ $file: { ...wanted } })

type Unavailable = Extract<Downloaded, { type: 'unavailable' }>
export type Complete = { type: 'complete'; creative: Sent } | Unavailable

/** A planned creative with its files in it, each looked at: what Google would show must be what the buyer said it is. */
export async function withFiles(creative: Sent, download: Download, signal: AbortSignal): Promise<Complete> {
  const unavailable: Unavailable[] = []
  const complete = async (value: SentValue): Promise<SentValue> => {
    if (Array.isArray(value)) return Promise.all((value as readonly SentValue[]).map(complete))
    if (typeof value !== 'object' || value === null) return value
    const object = value as Sent
    if ('$file' in object) {
      const file = await fetchFile(object['$file'] as unknown as WantedFile, download, signal)
      if (file.type === 'unavailable') unavailable.push(file)
      return file.type === 'unavailable' ? null : file.asset
    }
    const entries = Object.entries(object).map(async ([name, one]) => [name, await complete(one)] as const)
    return Object.fromEntries(await Promise.all(entries))
  }
  const whole = (await complete(creative)) as Sent
  const worst = unavailable.find(({ lasting }) => lasting) ?? unavailable[0]
  return worst ?? { type: 'complete', creative: whole }
}

async function fetchFile(
  wanted: WantedFile,
  download: Download,
  signal: AbortSignal,
): Promise<{ type: 'asset'; asset: Sent } | Unavailable> {
  const most_bytes = Math.min(wanted.most_bytes ?? LARGEST_FILE_BYTES, LARGEST_FILE_BYTES)
  const file = await download(wanted.url, { most_bytes, signal })
  const about = (why: string) => `${wanted.url}: ${why}`
  if (file.type === 'unavailable') return { ...file, why: about(file.why) }
  const looked = wanted.kind === 'image' ? lookAtImage(file.bytes, wanted) : lookAtZip(file.bytes, wanted)
  if ('wrong' in looked) return { type: 'unavailable', why: about(looked.wrong), lasting: true }
  const asset = { assetByteArray: file.bytes.toString('base64'), fileName: nameOf(wanted.url, looked.ending) }
  return { type: 'asset', asset }
}

type Looked = { ending: string } | { wrong: string }
const endings: Readonly<Record<string, string>> = { png: 'png', jpg: 'jpg', gif: 'gif' }

function lookAtImage(bytes: Buffer, { width, height }: WantedFile): Looked {
  let image: ReturnType<typeof imageSize>
  try {
    image = imageSize(bytes)
  } catch {
    return { wrong: 'it is no image' }
  }
  const ending = endings[image.type ?? '']
  if (ending === undefined) return { wrong: `it is a ${image.type}; PNG, JPEG and GIF are shown` }
  if ((width ?? image.width) === image.width && (height ?? image.height) === image.height) return { ending }
  return {
    wrong: `it measures ${image.width}x${image.height} and not ${width}x${height} as the creative says`,
  }
}

function lookAtZip(bytes: Buffer, { digest }: WantedFile): Looked {
  if (bytes.subarray(0, 4).toString('latin1') !== 'PK\x03\x04') return { wrong: 'it is no zip archive' }
  const own = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  if (digest !== undefined && digest.toLowerCase() !== own) return { wrong: 'it is not what its digest says' }
  return { ending: 'zip' }
}

/** The name at the end of an address, in letters Google takes, with the ending its content asks for. */
function nameOf(url: string, ending: string): string {
  const last = new URL(url).pathname.split('/').at(-1) ?? ''
  const stem = last
    .replace(/\.\w+$/, '')
    .replace(/[^\w-]+/g, '_')
    .slice(0, 80)
  return `${stem || 'file'}.${ending}`
}
