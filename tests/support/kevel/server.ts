import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openBooks, Refusal, type Books } from './books.ts'
import { routes } from './routes.ts'

export interface FakeKevel {
  url: string
  key: string
  books: Books
  close(): Promise<void>
}

/** Kevel's Management API, holding what it is sent by Kevel's rules. Faults are for a proxy in front of it. */
export async function startFakeKevel(): Promise<FakeKevel> {
  const key = 'KEVEL0KEY0NOBODY0SHOULD0SEE'
  const books = openBooks()
  const server = createServer((incoming, outgoing) => {
    void bodyOf(incoming).then((text) => {
      const { status, answer } = answerTo(incoming, text, books, key)
      outgoing.writeHead(status, { 'content-type': 'application/json; charset=utf-8' })
      outgoing.end(JSON.stringify(answer).replace(/"@@(.*?)@@"/g, '$1'))
    })
  })
  // how long a busy machine makes a call wait is no fault of the ad server: only the caller closes what is idle
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    key,
    books,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function answerTo({ method, url, headers }: IncomingMessage, text: string, books: Books, key: string) {
  if (headers['x-adzerk-apikey'] !== key) return { status: 403, answer: { message: 'Invalid API key.' } }
  const { pathname, searchParams: query } = new URL(url ?? '/', 'http://kevel')
  try {
    for (const [verb, pattern, route] of routes) {
      const match = verb === method ? pattern.exec(pathname) : null
      if (!match) continue
      const [, id = '', second = ''] = match
      const json = headers['content-type']?.startsWith('application/json') ?? false
      const body: unknown = json ? JSON.parse(text) : text
      return { status: 200, answer: route({ books, id, second, query, body }) }
    }
    return { status: 404, answer: { message: 'No such route.' } }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { status: error.status, answer: { message: error.message } }
  }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
