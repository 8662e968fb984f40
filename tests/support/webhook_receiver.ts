import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll } from 'vitest'
import { mustBeOfficialWebhook } from './official_answer.ts'

/** How a buyer's server treats one webhook: a status, a whole answer, or a fault. */
export type Reply =
  | number
  | { status: number; headers?: Record<string, string>; body?: string }
  | 'reset'
  | 'silence'
  | 'headers, then silence'
export interface Heard {
  path: string
  headers: IncomingHttpHeaders
  text: string
  body: Record<string, any>
}
export interface Receiver {
  /** Without a path. */
  url: string
  /** What came to this path, oldest first. Throws when a webhook is not as AdCP has it. */
  heard(path: string): Heard[]
  /** The next webhooks suffer these, in order; those after them get 200. */
  replies(...replies: Reply[]): void
  /** Whatever comes to this path is left without an answer, until this is called without one. */
  hang(path?: string): void
  /** Webhooks that wait for an answer right now. */
  hanging(): number
}

/** A buyer's real HTTP server on 127.0.0.1, for the test file that calls this. */
export function webhookReceiver(): Receiver {
  const all: Heard[] = []
  const waiting: Reply[] = []
  const hanging = new Set<ServerResponse>()
  let silentAt: string | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const body = text === '' ? {} : (JSON.parse(text) as Record<string, any>)
      all.push({ path: request.url ?? '', headers: request.headers, text, body })
      if (request.url !== silentAt) return reply(response, waiting.shift() ?? 200)
      hanging.add(response)
      response.once('close', () => hanging.delete(response))
    })
  })
  const receiver: Receiver = {
    url: '',
    heard(path) {
      const heard = all.filter((one) => one.path === path)
      for (const { body } of heard) if ('task_type' in body) mustBeOfficialWebhook(body)
      return heard
    },
    replies: (...replies) => void waiting.splice(0, waiting.length, ...replies),
    hang(path) {
      silentAt = path
      if (path === undefined) for (const response of hanging) response.destroy()
    },
    hanging: () => hanging.size,
  }
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return receiver
}

function reply(response: ServerResponse, how: Reply) {
  if (how === 'silence') return
  if (how === 'reset') return void response.socket?.resetAndDestroy()
  if (how === 'headers, then silence') return void response.writeHead(200).write('{')
  const { status, headers = {}, body = '' } = typeof how === 'number' ? { status: how } : how
  response.writeHead(status, headers).end(body)
}
