import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { WebStandardStreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import type { Caller } from './call_tool.ts'
import { answerJson, refuse } from './http_answer.ts'
import { createAnswerJson } from './json_answer.ts'
import type { CreateMcpServer } from './server.ts'

export type AnswerMcp = (
  request: IncomingMessage,
  response: ServerResponse,
  body: unknown,
  caller: Caller,
) => Promise<void>

/**
 * One POST, one answer, nothing remembered: a restart or a load balancer loses no session because there is none.
 * The answer is JSON, or an SSE stream for a call that carries a progress token or accepts nothing else.
 */
export function createAnswerMcp(createMcpServer: CreateMcpServer): AnswerMcp {
  const jsonAnswer = createAnswerJson(createMcpServer)
  return async (request, response, body, caller) => {
    if (Array.isArray(body)) {
      const problem = {
        code: 'INVALID_REQUEST',
        message: 'Batches are not part of MCP any more.',
        suggestion: 'Send one request per POST.',
      } as const
      return refuse(response, { status: 400, rpc: 'request', problem })
    }
    if (wantsStream(request, body)) return answerAsStream(createMcpServer(caller), request, response, body)
    const { status, body: answer } = await jsonAnswer(body, caller, protocolVersion(request))
    if (answer === undefined) response.writeHead(status).end()
    else answerJson(response, status, answer)
  }
}

async function answerAsStream(
  server: Server,
  request: IncomingMessage,
  response: ServerResponse,
  message: unknown,
) {
  const transport = new WebStandardStreamableHTTPServerTransport()
  await server.connect(transport)
  try {
    const answer = await transport.handleRequest(webRequest(request), { parsedBody: message })
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    if (answer.body) await pipeline(Readable.fromWeb(answer.body as never), response).catch(() => {})
    else response.end()
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
  const version = protocolVersion(request)
  if (version !== undefined) headers.set('mcp-protocol-version', version)
  return new Request('http://salesdesk/mcp', { method: 'POST', headers })
}

function protocolVersion({ headers }: IncomingMessage): string | undefined {
  const version = headers['mcp-protocol-version']
  return typeof version === 'string' ? version : undefined
}

function wantsStream(request: IncomingMessage, body: unknown): boolean {
  const accept = request.headers.accept ?? '*/*'
  if (!accept.includes('text/event-stream')) return false
  const { params } = (body ?? {}) as { params?: { _meta?: { progressToken?: unknown } } }
  return params?._meta?.progressToken !== undefined || !/application\/json|\*\/\*/.test(accept)
}
