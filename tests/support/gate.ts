import { createServer, request, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}
/** A request that came to a gate, of which the server behind it has seen nothing yet. */
export interface Passage {
  method: string
  /** With its query. */
  path: string
  body: string
  /** Has the server behind carry it out. */
  forward(): Promise<Answer>
  /** Gives the sender an answer, that of the server or another; resolves when it is sent or nobody is there to take it. */
  deliver(answer: Answer): Promise<void>
  /** Gives the sender the first half of an answer; the rest never comes, or the connection breaks instead. */
  deliverHalf(answer: Answer, then: 'silence' | 'reset'): void
  /** Breaks the connection it came on. */
  cut(): void
}
/** Decides what becomes of a passage. One that does nothing leaves the sender waiting. */
export type Gatekeeper = (passage: Passage) => Promise<void>

export interface Gate {
  url: string
  close(): Promise<void>
}

/** An HTTP proxy in front of `target`, where `keeper` decides about every single request. */
export async function startGate(target: string, keeper: Gatekeeper): Promise<Gate> {
  const server = createServer((incoming, outgoing) => {
    void receive(incoming)
      .then((body) => keeper(passageOf(target, incoming, body, outgoing)))
      // whoever sent it, or the server behind, is gone
      .catch(() => incoming.socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Lets it through as if there were no gate. */
export const letThrough: Gatekeeper = async (passage) => passage.deliver(await passage.forward())

function passageOf(
  target: string,
  { method = 'GET', url = '/', headers, socket }: IncomingMessage,
  body: Buffer,
  outgoing: ServerResponse,
): Passage {
  return {
    method,
    path: url,
    body: body.toString('utf8'),
    cut: () => void socket.destroy(),
    forward: () =>
      new Promise((resolve, reject) => {
        const options = { method, headers, agent: false as const }
        const onAnswer = (answer: IncomingMessage) =>
          receive(answer).then(
            (said) => resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: said }),
            reject,
          )
        request(new URL(url, target), options, (answer) => void onAnswer(answer))
          .on('error', reject)
          .end(body)
      }),
    deliverHalf: ({ status, headers, body }, then) => {
      const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = headers
      outgoing.writeHead(status, { ...kept, 'content-length': body.byteLength })
      outgoing.write(body.subarray(0, body.byteLength / 2), () => {
        if (then === 'reset') socket.destroy()
      })
    },
    deliver: (answer) =>
      new Promise((resolve) => {
        if (socket.destroyed) return resolve()
        outgoing.once('close', resolve)
        const { 'transfer-encoding': _chunked, connection: _connection, ...kept } = answer.headers
        outgoing.writeHead(answer.status, { ...kept, 'content-length': answer.body.byteLength })
        outgoing.end(answer.body)
      }),
  }
}

async function receive(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
