import { request as overHttp, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { onlyThese, unlessAborted } from './connect.ts'
import { checkedAddresses } from './destination.ts'
import type { DownloadOptions } from './download.ts'

export interface Fetched {
  status: number
  headers: IncomingMessage['headers']
  text: string
}

/** The answer is longer than anybody wanted to read. */
export class TooLongError extends Error {
  override name = 'TooLongError'
}

/**
 * Gets once from a checked address, on a connection of its own, and follows no redirect; at most `mostBytes` of body are read.
 * @throws ForbiddenDestinationError, TooLongError, or what keeps an answer from coming
 */
export async function fetchPublic(
  url: string,
  headers: Record<string, string>,
  { allowLoopback, signal, resolve, mostBytes }: DownloadOptions,
): Promise<Fetched> {
  const target = new URL(url)
  const addresses = await unlessAborted(signal, checkedAddresses(target, allowLoopback, resolve))
  const start = target.protocol === 'https:' ? overHttps : overHttp
  return new Promise((done, fail) => {
    const lookup = onlyThese(addresses)
    const outgoing = start(target, { method: 'GET', headers, agent: false, lookup, signal })
    outgoing.on('error', fail)
    outgoing.on('response', (incoming) => {
      readAll(incoming, mostBytes).then(
        (text) => done({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        fail,
      )
    })
    outgoing.end()
  })
}

async function readAll(incoming: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > mostBytes) throw new TooLongError(`more than ${mostBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
