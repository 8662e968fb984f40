import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What befalls one request: whether it reaches the server behind, and what its sender gets to hear. */
export interface Fault {
  forward: boolean
  answer: 'silence' | 'reset' | { status: number; headers?: Record<string, string>; body?: string }
}
export const faults = {
  lostAnswer: { forward: true, answer: 'reset' },
  reset: { forward: false, answer: 'reset' },
  silence: { forward: false, answer: 'silence' },
  garbage: { forward: true, answer: { status: 200, body: '<html>' } },
  unavailable: { forward: false, answer: { status: 503 } },
} satisfies Record<string, Fault>

export interface FaultProxy {
  url: string
  /** The next request of that method suffers this. Called again, the one after it does. */
  next(fault: Fault, method?: 'GET' | 'POST' | 'PUT' | 'DELETE'): void
  /** Drops what no request has suffered yet. */
  forget(): void
  close(): Promise<void>
}

/** An HTTP proxy in front of `target` that does harm when told to and is transparent otherwise. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const waiting: { fault: Fault; method: string }[] = []
  const server = createServer((incoming, outgoing) => {
    const index = waiting.findIndex(({ method }) => method === incoming.method)
    const fault = index < 0 ? undefined : waiting.splice(index, 1)[0]?.fault
    if (!fault) return forward(target, incoming, (answer) => relay(answer, outgoing))
    if (!fault.forward) return suffer(fault, incoming, outgoing)
    forward(target, incoming, (answer) => answer.resume().on('end', () => suffer(fault, incoming, outgoing)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: (fault, method = 'POST') => void waiting.push({ fault, method }),
    forget: () => void waiting.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function forward(
  target: string,
  incoming: IncomingMessage,
  onAnswer: (answer: IncomingMessage) => void,
): void {
  const { method, headers, url } = incoming
  incoming.pipe(request(new URL(url ?? '/', target), { method, headers }, onAnswer))
}

function relay(answer: IncomingMessage, outgoing: ServerResponse): void {
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
  answer.pipe(outgoing)
}

function suffer({ answer }: Fault, incoming: IncomingMessage, outgoing: ServerResponse): void {
  if (answer === 'silence') return
  if (answer === 'reset') return void incoming.socket.destroy()
  outgoing.writeHead(answer.status, answer.headers).end(answer.body ?? '{}')
}
