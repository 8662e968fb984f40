import type { IncomingMessage, ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Caller } from './call_tool.ts'
import { refuse, type Refusal } from './http_answer.ts'
import type { CreateMcpServer } from './server.ts'

interface Session {
  transport: SSEServerTransport
  response: ServerResponse
  principal_id: string
  lastUsed: number
}
const MOST_SESSIONS = 1000
const HEARTBEAT_MS = 15_000

/** The HTTP+SSE transport of MCP 2024-11-05, for clients that still speak it: `GET /sse` and `POST /messages`. */
export function createLegacySse(options: {
  createMcpServer: CreateMcpServer
  idleMs: number
  clock: () => Date
}) {
  const sessions = new Map<string, Session>()
  const heartbeat = setInterval(
    () => {
      const oldest = options.clock().getTime() - options.idleMs
      for (const { transport, response, lastUsed } of sessions.values()) {
        if (lastUsed < oldest) void transport.close()
        else response.write(': still here\n\n')
      }
    },
    Math.min(HEARTBEAT_MS, options.idleMs),
  )
  heartbeat.unref()

  return {
    /** Opens a stream that belongs to one principal and closes when nothing was sent on it for `idleMs`. */
    async open(response: ServerResponse, caller: Caller, principal_id: string) {
      if (sessions.size >= MOST_SESSIONS) return refuse(response, full)
      // eslint-disable-next-line @typescript-eslint/no-deprecated -- serving the deprecated transport is this file's purpose
      const transport = new SSEServerTransport('/messages', response)
      sessions.set(transport.sessionId, {
        transport,
        response,
        principal_id,
        lastUsed: options.clock().getTime(),
      })
      response.on('close', () => sessions.delete(transport.sessionId))
      await options.createMcpServer(caller).connect(transport)
    },
    /** Takes a message for a stream. A stranger's session id and one that never was look the same. */
    async post(request: IncomingMessage, response: ServerResponse, body: unknown, principal_id: string) {
      const id = new URL(request.url ?? '', 'http://salesdesk').searchParams.get('sessionId') ?? ''
      const session = sessions.get(id)
      if (session?.principal_id !== principal_id) return refuse(response, unknownSession)
      session.lastUsed = options.clock().getTime()
      try {
        await session.transport.handleMessage(body)
      } catch {
        return refuse(response, notRpc)
      }
      response.writeHead(202).end('Accepted')
    },
    async close() {
      clearInterval(heartbeat)
      await Promise.all([...sessions.values()].map(({ transport }) => transport.close()))
    },
  }
}
export type LegacySse = ReturnType<typeof createLegacySse>

const unknownSession: Refusal = {
  status: 404,
  rpc: 'refused',
  problem: {
    code: 'REFERENCE_NOT_FOUND',
    message: 'There is no such session.',
    suggestion: 'Open GET /sse again, or use POST /mcp, which needs no session.',
  },
}
const notRpc: Refusal = {
  status: 400,
  rpc: 'request',
  problem: { code: 'INVALID_REQUEST', message: 'The body is not a JSON-RPC 2.0 message.' },
}
const full: Refusal = {
  status: 503,
  rpc: 'unavailable',
  problem: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'Too many open streams.',
    suggestion: 'Use POST /mcp, which needs no stream.',
    retry_after: 60,
  },
}
