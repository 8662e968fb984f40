import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** A span as a collector is told it (OTLP 1, JSON). */
export interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  /** 2 server, 3 client, 5 consumer. */
  kind: number
  status: { code?: number; message?: string }
  service: string
}
interface Attribute {
  key: string
  value: { stringValue?: string }
}
interface Export {
  resourceSpans: {
    resource: { attributes: Attribute[] }
    scopeSpans: { spans: Omit<Span, 'service'>[] }[]
  }[]
}

/** An OpenTelemetry collector that takes spans over HTTP and keeps them. */
export async function startOtlpReceiver(): Promise<{ url: string; spans: Span[]; close(): Promise<void> }> {
  const spans: Span[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end()
      for (const { resource, scopeSpans } of (JSON.parse(body) as Export).resourceSpans) {
        const named = resource.attributes.find(({ key }) => key === 'service.name')
        const service = named?.value.stringValue ?? ''
        for (const scope of scopeSpans) spans.push(...scope.spans.map((span) => ({ ...span, service })))
      }
      return response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
