import { withSignal } from '../abort.ts'
import type { Download } from '../adapters/adapter.ts'
import { download, DownloadError } from '../outbound/download.ts'

/** No host may keep a worker longer. */
const TIMEOUT_MS = 30_000

/** How adapters fetch files of buyers. `allowLoopback` is for development. */
export function assetDownload(allowLoopback: boolean): Download {
  return async (url, { most_bytes: mostBytes, signal: givenUp }) => {
    try {
      const bytes = await withSignal([givenUp], TIMEOUT_MS, (signal) =>
        download(url, { mostBytes, allowLoopback, signal }),
      )
      return { type: 'file', bytes }
    } catch (error) {
      if (!(error instanceof DownloadError)) throw error
      return { type: 'unavailable', why: error.message, lasting: error.lasting }
    }
  }
}
