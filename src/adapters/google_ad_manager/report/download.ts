import { createInterface } from 'node:readline'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { createGunzip } from 'node:zlib'
import { withSignal } from '../../../abort.ts'
import { AdapterError, type Call, type Fetch } from '../../adapter.ts'
import type { Settings } from '../config.ts'
import { networkError, noAnswer } from '../errors.ts'
import { unreadable } from './columns.ts'

/** Where Google lays out reports. */
const REPORTS_HOST = 'storage.googleapis.com'
const LARGEST_FILE_BYTES = 50_000_000
const LARGEST_TEXT_BYTES = 300_000_000
const request = { service: 'ReportService', operation: 'download' }

/**
 * The lines of a report, unpacked as they come. Asked without our token, since the address is signed, and only of Google, whatever
 * address was given. @throws AdapterError
 */
export async function download(
  address: string,
  { base_url, timeout_ms, fetch }: Settings & { fetch: Fetch },
  call: Call,
  onLine: (line: string) => void,
): Promise<void> {
  const url = checkedAddress(address, base_url)
  await withSignal([call.signal], timeout_ms, async (signal) => {
    try {
      const response = await fetch(url, { redirect: 'manual', signal })
      if (response.status !== 200)
        throw noAnswer(
          request,
          `http_${response.status}`,
          `Google answered ${response.status} instead of the report`,
        )
      await unpack(response.body, onLine, signal)
    } catch (error) {
      if (signal.aborted)
        throw noAnswer(request, 'no_answer', 'the call ended before the whole report was here')
      if (error instanceof AdapterError) throw error
      if (isZlibError(error)) throw unreadable('it could not be unpacked')
      throw networkError(request, error)
    }
  })
}

async function unpack(body: ReadableStream | null, onLine: (line: string) => void, signal: AbortSignal) {
  if (!body) throw unreadable('it is empty')
  const text = atMost(LARGEST_TEXT_BYTES)
  const lines = createInterface({ input: text, crlfDelay: Infinity })
  const unpacked = pipeline(Readable.fromWeb(body), atMost(LARGEST_FILE_BYTES), createGunzip(), text, {
    signal,
  })
  // awaited below; until then it must not count as unhandled
  unpacked.catch(() => lines.close())
  for await (const line of lines) if (line !== '') onLine(line)
  await unpacked
}

function checkedAddress(address: string, base_url: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const known = url?.protocol === 'https:' && url.hostname === REPORTS_HOST
  if (url && (known || url.origin === new URL(base_url).origin)) return url
  throw new AdapterError(
    'config',
    'unknown_host',
    'Google names a place for its report that is not known to be its own',
  )
}

function atMost(bytes: number): Transform {
  let size = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.byteLength
      if (size > bytes)
        done(new AdapterError('permanent', 'report_too_large', 'The report is larger than can be read'))
      else done(null, chunk)
    },
  })
}

const isZlibError = (error: unknown) => /^Z_/.test(String((error as { code?: unknown }).code))
