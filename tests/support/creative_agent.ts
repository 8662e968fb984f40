import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { z } from 'zod'
import type { Args } from './desk.ts'

/** What goes wrong, from the page `fromPage` on. */
export type Fault =
  | 'silent'
  | 'http_500'
  | 'cut_off'
  | 'refuses'
  | 'no_list'
  | 'no_cursor'
  | 'circle'
  | 'endless'
  | 'too_long'
  | 'redirect'
export interface CreativeAgent {
  mcp_url: string
  /** What it lists, `pageSize` at a time. */
  formats: unknown[]
  pageSize: number
  fault: Fault | undefined
  fromPage: number
  /** As a stream of events, as JSON, or as the text of old agents. */
  speaks: 'events' | 'json' | 'text'
  /** What callers must know; nobody need know anything unless given. */
  token: string | undefined
  redirectTo: string
  /** The authorization of every HTTP request that came. */
  heard: (string | undefined)[]
  /** Called before each page is answered. */
  onPage: (page: number) => Promise<void>
  reset(): void
  close(): void
}

/** A creative agent as there are: a real MCP server over Streamable HTTP with list_creative_formats, page by page, and what can go wrong. */
export async function startCreativeAgent(): Promise<CreativeAgent> {
  const server = createServer((request, response) => {
    agent.heard.push(request.headers.authorization)
    void answer(agent, request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const well = () => ({
    formats: [] as unknown[],
    pageSize: 100,
    fault: undefined,
    fromPage: 0,
    speaks: 'json' as const,
    token: undefined,
    redirectTo: '',
    heard: [],
    onPage: () => Promise.resolve(),
  })
  const agent: CreativeAgent = {
    mcp_url: `http://127.0.0.1:${port}/mcp`,
    ...well(),
    reset: () => void Object.assign(agent, well()),
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
  return agent
}

async function answer(agent: CreativeAgent, request: IncomingMessage, response: ServerResponse) {
  if (agent.token !== undefined && request.headers.authorization !== `Bearer ${agent.token}`)
    return void response.writeHead(401).end()
  const faulty = (fault: Fault) => agent.fault === fault && agent.fromPage === 0
  if (faulty('silent')) return
  if (faulty('http_500')) return void response.writeHead(500).end('a stack trace with a password')
  if (faulty('redirect')) return void response.writeHead(307, { location: agent.redirectTo }).end()
  const mcp = new McpServer({ name: 'studio', version: '1' })
  mcp.registerTool(
    'list_creative_formats',
    {
      inputSchema: {
        pagination: z.looseObject({ max_results: z.int().max(100), cursor: z.string().optional() }),
      },
    },
    async ({ pagination }) => page(agent, Number(pagination.cursor ?? 0), response),
  )
  const transport = new StreamableHTTPServerTransport({
    enableJsonResponse: agent.speaks !== 'events',
  })
  response.on('close', () => void mcp.close())
  await mcp.connect(transport)
  await transport.handleRequest(request, response)
}

async function page(
  { formats, pageSize, fault, fromPage, speaks, onPage }: CreativeAgent,
  at: number,
  response: ServerResponse,
) {
  await onPage(at)
  const begin = at * pageSize
  const more = begin + pageSize < formats.length
  const found = formats.slice(begin, begin + pageSize)
  const whole: Args = {
    formats: found,
    pagination: { has_more: more, ...(more && { cursor: String(at + 1) }) },
  }
  const body = {
    status: 'completed',
    ...(at >= fromPage && fault ? spoilt(fault, at, whole, response) : whole),
  }
  const text = { type: 'text' as const, text: JSON.stringify(body) }
  if (fault === 'refuses' && at >= fromPage)
    return { isError: true, content: [text], structuredContent: body }
  return speaks === 'text' ? { content: [text] } : { content: [], structuredContent: body }
}

function spoilt(fault: Fault, at: number, whole: Args, response: ServerResponse): Args {
  switch (fault) {
    case 'cut_off':
    case 'http_500':
    case 'silent':
    case 'redirect':
      response.destroy()
      return whole
    case 'refuses':
      return { adcp_error: { code: 'RATE_LIMITED', message: 'with a secret of its own' } }
    case 'no_list':
      return { formats: 'none' }
    case 'no_cursor':
      return { ...whole, pagination: { has_more: true } }
    case 'circle':
      return { ...whole, pagination: { has_more: true, cursor: '0' } }
    case 'endless':
      return { formats: [], pagination: { has_more: true, cursor: String(at + 1) } }
    case 'too_long':
      return { ...whole, ext: { junk: 'x'.repeat(21_000_000) } }
  }
}
