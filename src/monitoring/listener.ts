import { createServer, type ServerResponse } from 'node:http'
import type { Log } from '../log.ts'
import { answerProbe } from './probes.ts'
import type { Readiness } from './readiness.ts'

export interface ListenerOptions {
  host: string
  port: number
  readiness: Readiness
  /** All metrics, as Prometheus reads them. */
  metrics(): Promise<string>
  log: Log
}
const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** `/metrics`, `/livez` and `/readyz` on a port of their own, which buyers never reach. @throws the socket's own error. */
export async function listenForScrapes(
  options: ListenerOptions,
): Promise<{ port: number; close(): Promise<void> }> {
  const { host, port, readiness } = options
  const server = createServer((request, response) => {
    if (answerProbe(readiness, request, response)) return
    if (request.method === 'GET' && request.url === '/metrics') return void answerMetrics(options, response)
    response.writeHead(404).end('Served here: /metrics, /livez, /readyz\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answerMetrics({ metrics, log }: ListenerOptions, response: ServerResponse) {
  try {
    const text = await metrics()
    response.writeHead(200, { 'content-type': PROMETHEUS_TEXT }).end(text)
  } catch (error) {
    log.warn({ err: error }, 'metrics cannot be told')
    response.writeHead(500).end()
  }
}
