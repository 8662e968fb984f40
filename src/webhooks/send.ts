import { request as overHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as overHttps } from 'node:https'
import { onlyThese, unlessAborted } from '../outbound/connect.ts'
import { checkedAddresses, type Resolve } from '../outbound/destination.ts'

export interface Sending {
  url: string
  headers: Record<string, string>
  body: string
}
export interface Answer {
  status: number
  /** WWW-Authenticate: where a receiver says that it does not trust the signature. */
  challenge: string
  retryAfter: string | undefined
}
export interface SendOptions {
  allowLoopback: boolean
  signal: AbortSignal
  resolve?: Resolve
}
const MOST_RESPONSE_BYTES = 64 * 1024

/**
 * Posts once to a checked address, on a connection of its own, and follows no redirect. The status decides; of the body at most
 * 64 kB are taken and all is thrown away. @throws ForbiddenDestinationError, or what keeps an answer from coming
 */
export async function send(
  { url, headers, body }: Sending,
  { allowLoopback, signal, resolve }: SendOptions,
): Promise<Answer> {
  const target = new URL(url)
  const addresses = await unlessAborted(signal, checkedAddresses(target, allowLoopback, resolve))
  const start = target.protocol === 'https:' ? overHttps : overHttp
  return new Promise((done, fail) => {
    const outgoing: ClientRequest = start(target, {
      method: 'POST',
      headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
      agent: false,
      lookup: onlyThese(addresses),
      signal,
    })
    let answer: Answer | undefined
    outgoing.on('error', (error) => (answer ? done(answer) : fail(error)))
    outgoing.on('response', (incoming) => {
      const heard = (answer = answerOf(incoming))
      drain(incoming, () => done(heard))
    })
    outgoing.end(body)
  })
}

/** Ends when the body does, however it does: after the headers nothing can change what the receiver said. */
function drain(incoming: IncomingMessage, end: () => void) {
  let size = 0
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > MOST_RESPONSE_BYTES) incoming.destroy()
  })
  incoming.on('error', () => {})
  incoming.on('close', end)
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): Answer {
  return {
    status: statusCode,
    challenge: headers['www-authenticate'] ?? '',
    retryAfter: headers['retry-after'],
  }
}
