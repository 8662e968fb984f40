import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Desk } from './call_tool.ts'
import { isDatabaseAway, problemsOf } from './fault.ts'
import { checkFrontDoor, type AllowedNames } from './front_door.ts'
import { answerJson, readBody, refuse, type Refusal } from './http_answer.ts'
import { httpCaller } from './http_caller.ts'
import { createLegacySse, type LegacySse } from './legacy_sse.ts'
import { createMcpServers, type CreateMcpServer } from './server.ts'
import { answerMcp } from './streamable_http.ts'

export interface HttpOptions {
  allowed: AllowedNames
  maxBodyBytes: number
  sseIdleMs: number
}
interface Door extends HttpOptions {
  desk: Desk
  createMcpServer: CreateMcpServer
  sse: LegacySse
}

/** The desk on HTTP: `/mcp` for everyone, `/sse` and `/messages` for old clients, `/health` for whoever watches it. */
export function createHttpServer(
  desk: Desk,
  options: HttpOptions,
): { server: Server; close(): Promise<void> } {
  const createMcpServer = createMcpServers(desk)
  const sse = createLegacySse({ createMcpServer, idleMs: options.sseIdleMs, clock: desk.clock })
  const door: Door = { ...options, desk, createMcpServer, sse }
  const server = createServer((request, response) => {
    answer(door, request, response).catch((error: unknown) => {
      const [problem] = problemsOf(error, desk.log)
      if (response.headersSent) response.destroy()
      else refuse(response, { status: 503, rpc: 'unavailable', problem })
    })
  })
  return { server, close: () => close(server, sse) }
}

async function answer(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = checkFrontDoor(request, door.allowed)
  if (refusal) return refuse(response, refusal)
  const path = new URL(request.url ?? '/', 'http://salesdesk').pathname
  switch (`${request.method} ${path}`) {
    case 'POST /mcp':
    case 'GET /sse':
    case 'POST /messages':
      return answerBuyer(door, request, response, path)
    case 'GET /health':
      return answerHealth(door, response)
    default:
      return refuse(response, path === '/mcp' ? postOnly : notFound)
  }
}

async function answerBuyer(door: Door, request: IncomingMessage, response: ServerResponse, path: string) {
  const found = await httpCaller(request, door.desk.readDb, door.desk.clock())
  if (!found.known) return refuse(response, unauthorized(found.tokenGiven))
  const { caller, principal_id } = found
  if (path !== '/mcp' && principal_id === undefined) return answerHealth(door, response)
  if (path === '/sse') return door.sse.open(response, caller, principal_id ?? '')
  const body = await readBody(request, door.maxBodyBytes)
  if (!body.ok) return refuse(response, body.refusal)
  if (path === '/messages') return door.sse.post(request, response, body.value, principal_id ?? '')
  return answerMcp(request, response, body.value, { createMcpServer: door.createMcpServer, caller })
}

async function answerHealth({ desk }: Door, response: ServerResponse) {
  try {
    await desk.readDb.selectFrom('tenants').select('tenant_id').limit(1).execute()
    answerJson(response, 200, { status: 'ok' })
  } catch (error) {
    if (!isDatabaseAway(error)) throw error
    answerJson(response, 503, { status: 'database away' }, { 'retry-after': '5' })
  }
}

async function close(server: Server, sse: LegacySse) {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  await sse.close()
  server.closeIdleConnections()
  await closed
}

const notFound: Refusal = {
  status: 404,
  rpc: 'refused',
  problem: {
    code: 'REFERENCE_NOT_FOUND',
    message: 'Nothing is served here.',
    suggestion: 'MCP is at POST /mcp.',
  },
}
const postOnly: Refusal = {
  status: 405,
  rpc: 'refused',
  headers: { allow: 'POST' },
  problem: {
    code: 'INVALID_REQUEST',
    message: 'This MCP server keeps no sessions: only POST is answered.',
    suggestion: 'POST a JSON-RPC request to /mcp.',
  },
}

function unauthorized(tokenGiven: boolean): Refusal {
  const problem = tokenGiven
    ? ({
        code: 'AUTH_REQUIRED',
        message: 'This token is not valid here.',
        suggestion: 'Ask the publisher for a new one; do not retry with this one.',
      } as const)
    : ({
        code: 'AUTH_REQUIRED',
        message: 'A token is needed.',
        suggestion: 'Send "Authorization: Bearer <token>"; the publisher gives you one.',
      } as const)
  const challenge = `Bearer realm="salesdesk"${tokenGiven ? ', error="invalid_token"' : ''}`
  return { status: 401, rpc: 'auth', problem, headers: { 'www-authenticate': challenge } }
}
