import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { answerProbe } from '../monitoring/probes.ts'
import type { Readiness } from '../monitoring/readiness.ts'
import { continueTrace, inSpan } from '../trace.ts'
import type { Desk } from './call_tool.ts'
import { problemsOf } from './fault.ts'
import { close } from './close.ts'
import { createFrontDoor, type AllowedNames, type FrontDoor } from './front_door.ts'
import { answerJson, readBody, refuse, type Refusal } from './http_answer.ts'
import { httpCaller } from './http_caller.ts'
import { createLegacySse, type LegacySse } from './legacy_sse.ts'
import { createOpenAnswers, type OpenAnswers } from './open_answers.ts'
import { metadataAt } from './oauth/resource_server.ts'
import { patienceOf, type Patience } from './patience.ts'
import { createMcpServers } from './server.ts'
import { createAnswerMcp, type AnswerMcp } from './streamable_http.ts'
import { MOST_FROM_STRANGERS_BYTES, strangerCaller } from './strangers.ts'
import { createStrictMount, type StrictMount } from './strict/answer.ts'

export interface HttpOptions {
  allowed: AllowedNames
  maxBodyBytes: number
  sseIdleMs: number
  /** Where agents reach us; undefined where they address this server itself. */
  publicUrl: string | undefined
  /** Whether signed requests are answered at `/mcp-strict`. */
  requestSigning: boolean
  mounts: Mounts
  /** Answers `/livez` and `/readyz`, and says when the server is about to go. */
  readiness?: Readiness | undefined
  /** How long somebody may take to say what it wants. */
  patience?: Patience | undefined
}
/** What else is served, by where its paths begin: `/console`. It answers for itself, also when it fails. */
export type Mounts = Record<`/${string}`, Mount>
export interface Mount {
  answer(request: IncomingMessage, response: ServerResponse): void
  /** Begins what needs no request, once the server listens. */
  start?(): void
  /** Ends what would go on for ever, when the server stops. */
  close(): Promise<void>
}
interface Door extends HttpOptions {
  desk: Desk
  answerMcp: AnswerMcp
  sse: LegacySse
  strict: StrictMount | undefined
  check: FrontDoor
  open: OpenAnswers
}

/** The desk on HTTP: `/mcp` for everyone, `/mcp-strict` for those who sign, `/sse` and `/messages` for old clients, `/health` for whoever watches it, and our keys. */
export function createHttpServer(
  desk: Desk,
  options: HttpOptions,
): { server: Server; close(): Promise<void> } {
  const createMcpServer = createMcpServers(desk)
  const sse = createLegacySse({ createMcpServer, idleMs: options.sseIdleMs, clock: desk.clock })
  const strict = options.requestSigning ? createStrictMount(desk, options) : undefined
  const check = createFrontDoor(options.allowed)
  const open = createOpenAnswers(desk, options)
  const answerMcp = createAnswerMcp(createMcpServer)
  const door: Door = { ...options, desk, answerMcp, sse, strict, check, open }
  const answering = new Set<ServerResponse>()
  const server = createServer(patienceOf(options.patience), (request, response) => {
    if (options.readiness && answerProbe(options.readiness, request, response)) return
    // whoever keeps the connection for the next call should make that one somewhere else
    if (options.readiness?.draining) response.setHeader('connection', 'close')
    answering.add(response)
    response.once('close', () => answering.delete(response))
    void continueTrace(request.headers.traceparent, desk.spans, () =>
      answer(door, request, response).catch((error: unknown) => {
        // a buyer that hung up while it was still sending: nobody is there to be answered
        if (request.errored) return
        const [problem] = problemsOf(error, desk.log)
        if (response.headersSent) response.destroy()
        else refuse(response, { status: 503, rpc: 'unavailable', problem })
      }),
    )
  })
  return {
    server,
    close: () => close(server, [sse, ...Object.values(options.mounts)], answering, desk.callDeadlineMs),
  }
}

async function answer(door: Door, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const refusal = door.check(request)
  if (refusal) return refuse(response, refusal)
  const path = request.url?.split('?', 1)[0] ?? '/'
  const mounted = Object.entries(door.mounts).find(
    ([start]) => path === start || path.startsWith(`${start}/`),
  )
  if (mounted) return answerMounted(mounted, request, response)
  switch (`${request.method} ${path}`) {
    case 'POST /mcp':
    case 'GET /sse':
    case 'POST /messages':
      return answerBuyer(door, request, response, path)
    case 'POST /mcp-strict':
      return door.strict ? door.strict(request, response) : refuse(response, notFound)
    case 'GET /health':
      return door.open.health(response)
    case 'GET /.well-known/jwks.json':
      return door.open.keys(response)
    case 'GET /.well-known/brand.json':
      return door.open.brand(response) ? undefined : refuse(response, notFound)
    default:
      return answerOther(door, request, response, path)
  }
}

/** A span of its trace, named after the part alone: the rest of an address names publishers, people and what was bought. */
function answerMounted([start, mount]: [string, Mount], request: IncomingMessage, response: ServerResponse) {
  const span = { name: `${request.method} ${start}`, kind: 'server', attributes: {} } as const
  return inSpan(span, async (note) => {
    const over = new Promise((resolve) => response.once('close', resolve))
    mount.answer(request, response)
    await over
    const { statusCode } = response
    note({ 'http.response.status_code': statusCode }, statusCode >= 500 ? `${statusCode}` : undefined)
  })
}

function answerOther(
  { desk, strict }: Door,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
) {
  const metadata = desk.oauth && request.method === 'GET' ? metadataAt(path, desk.oauth) : undefined
  if (metadata) return answerJson(response, 200, metadata, { 'cache-control': 'public, max-age=300' })
  return refuse(response, path === '/mcp' || (path === '/mcp-strict' && strict) ? postOnly : notFound)
}

async function answerBuyer(door: Door, request: IncomingMessage, response: ServerResponse, path: string) {
  const found = await httpCaller(request, door.desk)
  if (!found.known && (!found.perhapsStranger || path !== '/mcp')) return refuse(response, found.refusal)
  if (!found.known) return answerStranger(door, request, response, found.refusal)
  const { caller } = found
  if (path === '/sse') return door.sse.open(response, caller)
  const body = await readBody(request, door.maxBodyBytes)
  if (!body.ok) return refuse(response, body.refusal)
  if (path === '/messages') return door.sse.post(request, response, body.value, caller)
  return door.answerMcp(request, response, body.value, caller)
}

/** Whoever sends nothing that may come from anybody is told that a token is needed, and no more. */
async function answerStranger(
  door: Door,
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Refusal,
) {
  const body = await readBody(request, MOST_FROM_STRANGERS_BYTES)
  const caller = body.ok ? await strangerCaller(door.desk, body.value) : undefined
  if (!body.ok || !caller) return refuse(response, refusal)
  return door.answerMcp(request, response, body.value, caller)
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
    suggestion: 'POST a JSON-RPC request here.',
  },
}
