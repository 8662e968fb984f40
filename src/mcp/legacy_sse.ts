import type { IncomingMessage, ServerResponse } from 'node:http'
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js'
import type { Caller } from './call_tool.ts'
import { refuse, type Refusal } from './http_answer.ts'
import type { CreateMcpServer } from './server.ts'

interface Session {
  transport: SSEServerTransport
  response: ServerResponse
  /** Who sent the last message: the same principal, with what it may do by now. */
  caller: Caller
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
      for (const [id, { transport, response, lastUsed }] of sessions) {
        if (lastUsed < oldest) {
          sessions.delete(id)
          void transport.close()
        } else response.write(': still here\n\n')
      }
    },
    Math.min(HEARTBEAT_MS, options.idleMs),
  )
  heartbeat.unref()

  return {
    /** Opens a stream that belongs to one principal and closes when nothing was sent on it for `idleMs`. */
    async open(response: ServerResponse, caller: Caller) {
      caller() // nobody gets a stream while nobody can be told from anybody
      if (response.destroyed) return // hung up while we looked the token up
      if (sessions.size >= MOST_SESSIONS) return refuse(response, full)
      const transport = new SSEServerTransport('/messages', response)
      const session: Session = { transport, response, caller, lastUsed: options.clock().getTime() }
      sessions.set(transport.sessionId, session)
      response.on('close', () => sessions.delete(transport.sessionId))
      await options.createMcpServer(() => session.caller()).connect(transport)
    },
    /** Takes a message for a stream. A stranger's session id and one that never was look the same. */
    async post(request: IncomingMessage, response: ServerResponse, body: unknown, caller: Caller) {
      const id = new URL(request.url ?? '', 'http://salesdesk').searchParams.get('sessionId') ?? ''
      const session = sessions.get(id)
      const { principal_id } = caller()
      if (session?.caller().principal_id !== principal_id) return refuse(response, unknownSession)
      session.caller = caller
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
