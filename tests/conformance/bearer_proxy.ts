import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Passes requests on to a desk with a token, for a client that cannot send one. Its address is on localhost. */
export async function startBearerProxy(target: string, token: string) {
  const server = createServer((asked, answer) => {
    const { url = '/', method, headers } = asked
    const onward = request(new URL(url, target), {
      method,
      headers: { ...headers, authorization: `Bearer ${token}` },
    })
    onward.on('response', (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(answer)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
