import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readiness } from './readiness.ts'

/**
 * Answers `GET /livez` (this process answers at all; nothing else is asked) and `GET /readyz` (it should be sent work: 200, or 503 and
 * what is missing). False where something else was asked for. Whoever probes may call us by any host name.
 */
export function answerProbe(
  readiness: Readiness | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const path = request.url?.split('?', 1)[0]
  if (request.method !== 'GET' || (path !== '/livez' && path !== '/readyz')) return false
  if (path === '/livez' || !readiness) answer(response, 200, { status: 'ok' })
  else
    void readiness
      .check()
      .then(({ ready, ...standing }) =>
        answer(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready', ...standing }),
      )
  return true
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(body)}\n`)
}
