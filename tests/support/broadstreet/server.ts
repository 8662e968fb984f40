import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openBooks, Refusal, type Books } from './books.ts'
import { routes, type Answered } from './routes.ts'

export interface FakeBroadstreet {
  url: string
  token: string
  books: Books
  close(): Promise<void>
}

/** Broadstreet's API, version 1, holding what it is sent by Broadstreet's rules. Faults are for a proxy in front of it. */
export async function startFakeBroadstreet(): Promise<FakeBroadstreet> {
  const token = 'broadstreet-token-nobody-should-see'
  const books = openBooks()
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((text) => {
      const { status, answer } = answerTo(incoming, text, books, token)
      outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      outgoing.end(answer === undefined ? '' : JSON.stringify(answer))
    })
  })
  // how long a busy machine makes a call wait is no fault of the ad server: only the caller closes what is idle
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    books,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerTo({ method, url }: IncomingMessage, text: string, books: Books, token: string): Answered {
  const { pathname, searchParams: query } = new URL(url ?? '/', 'http://broadstreet')
  if (query.get('access_token') !== token)
    return { status: 401, answer: { message: `Invalid token ${query.get('access_token')}` } }
  try {
    for (const [verb, pattern, route] of routes) {
      const match = verb === method ? pattern.exec(pathname.replace(/^\/api\/1(?=\/)/, '')) : null
      if (match)
        return route({ books, id: match[1] ?? '', query, body: text === '' ? undefined : JSON.parse(text) })
    }
    return { status: 404, answer: { message: 'Not found' } }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, answer: { errors: [error.message] } }
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
