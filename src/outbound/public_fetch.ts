import { request as overHttp, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { Readable } from 'node:stream'
import { onlyThese, unlessAborted } from './connect.ts'
import { checkedAddresses } from './destination.ts'
import type { DownloadOptions } from './download.ts'
import { TooLongError } from './fetch_public.ts'

const WITHOUT_BODY = [101, 204, 205, 304]

/**
 * A fetch for libraries that bring their own protocol. Each request goes to an address checked for it, on a connection of its own; no
 * redirect is followed; all answers together may take `mostBytes`. The fetch throws ForbiddenDestinationError, reading a body TooLongError.
 */
export function publicFetch(options: DownloadOptions) {
  const budget = { left: options.mostBytes }
  return async (address: string | URL, init: RequestInit = {}): Promise<Response> => {
    const incoming = await ask(new URL(address), init, options)
    const status = incoming.statusCode ?? 0
    if (Number(incoming.headers['content-length'] ?? 0) > budget.left) {
      incoming.destroy()
      throw new TooLongError('more than anybody wanted to read')
    }
    const body = WITHOUT_BODY.includes(status)
      ? null
      : Readable.toWeb(Readable.from(within(budget, incoming)))
    if (!body) incoming.resume()
    return new Response(body as ReadableStream | null, { status, headers: headersOf(incoming) })
  }
}

async function ask(
  target: URL,
  { method = 'GET', headers, body, signal: callers }: RequestInit,
  { allowLoopback, signal, resolve }: DownloadOptions,
): Promise<IncomingMessage> {
  if (body !== undefined && body !== null && typeof body !== 'string')
    throw new TypeError('only text can be sent')
  callers?.throwIfAborted()
  const addresses = await unlessAborted(signal, checkedAddresses(target, allowLoopback, resolve))
  const start = target.protocol === 'https:' ? overHttps : overHttp
  return new Promise((done, fail) => {
    const outgoing = start(target, {
      method,
      headers: { ...Object.fromEntries(new Headers(headers)), 'accept-encoding': 'identity' },
      agent: false,
      lookup: onlyThese(addresses),
      signal,
    })
    const stop = () => outgoing.destroy(new DOMException('not waited for any longer', 'AbortError'))
    callers?.addEventListener('abort', stop, { once: true })
    if (callers?.aborted) stop()
    outgoing.on('close', () => callers?.removeEventListener('abort', stop))
    outgoing.on('error', fail)
    outgoing.on('response', done)
    outgoing.end(body)
  })
}

async function* within(budget: { left: number }, incoming: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    budget.left -= chunk.length
    if (budget.left < 0) throw new TooLongError('more than anybody wanted to read')
    yield chunk
  }
}

function headersOf({ headers }: IncomingMessage): [string, string][] {
  return Object.entries(headers).flatMap(([name, value = []]) =>
    [value].flat().map((one): [string, string] => [name, one]),
  )
}
