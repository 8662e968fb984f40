import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { Caller } from './call_tool.ts'
import { answerJson, refuse } from './http_answer.ts'
import type { CreateMcpServer } from './server.ts'

/**
 * One POST, one answer, nothing remembered: a restart or a load balancer loses no session because there is none.
 * The answer is JSON, or an SSE stream for a call that carries a progress token or accepts nothing else.
 */
export async function answerMcp(
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  { createMcpServer, caller }: { createMcpServer: CreateMcpServer; caller: Caller },
): Promise<void> {
  if (Array.isArray(body)) {
    const problem = {
      code: 'INVALID_REQUEST',
      message: 'Batches are not part of MCP any more.',
      suggestion: 'Send one request per POST.',
    } as const
    return refuse(response, { status: 400, rpc: 'request', problem })
  }
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: !wantsStream(request, body),
  })
  const server = createMcpServer(caller)
  await server.connect(transport)
  try {
    const answer = await transport.handleRequest(webRequest(request), { parsedBody: body })
    await send(answer, response)
  } finally {
    await server.close()
  }
}

/** The SDK insists on a client that accepts both forms; ours may accept either. */
function webRequest(request: IncomingMessage): Request {
  const headers = new Headers({
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
  })
  const version = request.headers['mcp-protocol-version']
  if (typeof version === 'string') headers.set('mcp-protocol-version', version)
  return new Request('http://salesdesk/mcp', { method: 'POST', headers })
}

function wantsStream(request: IncomingMessage, body: unknown): boolean {
  const accept = request.headers.accept ?? '*/*'
  if (!accept.includes('text/event-stream')) return false
  const { params } = (body ?? {}) as { params?: { _meta?: { progressToken?: unknown } } }
  return params?._meta?.progressToken !== undefined || !/application\/json|\*\/\*/.test(accept)
}

async function send(answer: Response, response: ServerResponse) {
  if (!answer.headers.get('content-type')?.includes('text/event-stream')) {
    const text = await answer.text()
    if (!text) return void response.writeHead(answer.status).end()
    return answerJson(response, answer.status, JSON.parse(text))
  }
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  if (answer.body) await pipeline(Readable.fromWeb(answer.body as never), response).catch(() => {})
}
