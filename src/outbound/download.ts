import { request as overHttp, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { onlyThese, unlessAborted } from './connect.ts'
import { checkedAddresses, ForbiddenDestinationError, type Resolve } from './destination.ts'

const MOST_REDIRECTS = 3

/** A file cannot be had. `lasting`: asking again would not help. Says why, and nothing of an answer's content. */
export class DownloadError extends Error {
  override name = 'DownloadError'
  readonly lasting: boolean
  constructor(message: string, lasting: boolean) {
    super(message)
    this.lasting = lasting
  }
}

export interface DownloadOptions {
  mostBytes: number
  /** For development: files may also come over http from this very machine. */
  allowLoopback: boolean
  signal: AbortSignal
  resolve?: Resolve
}

/**
 * A file from the public internet. Each address is checked before it is connected to, also those of the three redirects that are
 * followed at most, and reading ends where the file is too large. @throws DownloadError
 */
export async function download(url: string, options: DownloadOptions): Promise<Buffer> {
  let target = URL.parse(url)
  for (let redirects = 0; target !== null; redirects++) {
    if (redirects > MOST_REDIRECTS) throw new DownloadError(`more than ${MOST_REDIRECTS} redirects`, true)
    const answer = await ask(target, options)
    if (Buffer.isBuffer(answer)) return answer
    target = URL.parse(answer.location, target.href)
  }
  throw new DownloadError('that is no address', true)
}

/** The file, or where it is to be had instead. */
async function ask(target: URL, options: DownloadOptions): Promise<Buffer | { location: string }> {
  try {
    const response = await open(target, options)
    const { statusCode: status = 0, headers } = response
    if (status === 200) return await read(response, options.mostBytes)
    response.destroy()
    if (status >= 300 && status < 400 && headers.location !== undefined) return { location: headers.location }
    const passing = status >= 500 || [408, 425, 429].includes(status)
    throw new DownloadError(`the answer was HTTP ${status}`, !passing)
  } catch (error) {
    if (error instanceof DownloadError) throw error
    if (error instanceof ForbiddenDestinationError) throw new DownloadError(error.message, true)
    const { name, code } = error as NodeJS.ErrnoException
    throw new DownloadError(
      name === 'AbortError' ? 'no answer in time' : `no answer (${code ?? name})`,
      false,
    )
  }
}

async function open(
  target: URL,
  { allowLoopback, signal, resolve }: DownloadOptions,
): Promise<IncomingMessage> {
  const addresses = await unlessAborted(signal, checkedAddresses(target, allowLoopback, resolve))
  const start = target.protocol === 'https:' ? overHttps : overHttp
  return new Promise((done, fail) => {
    const headers = { 'user-agent': 'salesdesk', 'accept-encoding': 'identity' }
    const outgoing = start(target, {
      method: 'GET',
      headers,
      agent: false,
      lookup: onlyThese(addresses),
      signal,
    })
    outgoing.on('error', fail)
    outgoing.on('response', done)
    outgoing.end()
  })
}

async function read(response: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes)
      throw new DownloadError(`it is larger than ${Math.floor(mostBytes / 1000)} kB`, true)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
