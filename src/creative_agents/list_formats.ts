import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { z } from 'zod'
import { withSignal } from '../abort.ts'
import { publicFetch } from '../outbound/public_fetch.ts'
import { CreativeAgentError, reasonOf } from './error.ts'
import { answerOf } from './tool_answer.ts'

const WHOLE_DEADLINE_MS = 60_000
const CALL_DEADLINE_MS = 15_000
const MOST_BYTES = 20_000_000
const MOST_PAGES = 50
const MOST_FORMATS = 5000
/** As many as AdCP lets one ask for (core/pagination-request.json). */
const A_PAGE = 100

export interface AskedAgent {
  mcp_url: string
  bearer: string | undefined
}
export interface Reach {
  allowLoopback: boolean
  signal: AbortSignal
  /** No call is waited for longer, if this is shorter than what it may take anyway. */
  deadlineMs: number
}

/** creative/list-creative-formats-response.json, as far as one needs it to go on. What a format is, is judged one by one. */
const Page = z.object({
  formats: z.array(z.unknown()),
  pagination: z.object({ has_more: z.boolean(), cursor: z.string().min(1).max(4096).optional() }).optional(),
})

/**
 * Everything a creative agent lists, page after page over MCP, or nothing: a list that breaks off is no list. Only public addresses are
 * spoken to, also where it redirects. @throws CreativeAgentError that says why not; what `signal` says if it fires
 */
export async function listFormats(agent: AskedAgent, reach: Reach): Promise<unknown[]> {
  try {
    return await withSignal([reach.signal], WHOLE_DEADLINE_MS, (signal) =>
      listAll(agent, { ...reach, signal }),
    )
  } catch (error) {
    reach.signal.throwIfAborted()
    throw error instanceof CreativeAgentError ? error : new CreativeAgentError(reasonOf(error))
  }
}

async function listAll(agent: AskedAgent, { allowLoopback, signal, deadlineMs }: Reach): Promise<unknown[]> {
  const trouble = new AbortController()
  return withSignal([signal, trouble.signal], undefined, async (either) => {
    const client = new Client({ name: 'salesdesk', version: '1.0.0' })
    // an answer that breaks off is told here and nowhere else
    client.onerror = (error) => trouble.abort(error)
    const transport = new StreamableHTTPClientTransport(new URL(agent.mcp_url), {
      fetch: onlyAnswers(publicFetch({ allowLoopback, signal: either, mostBytes: MOST_BYTES })),
      requestInit: agent.bearer === undefined ? {} : { headers: { authorization: `Bearer ${agent.bearer}` } },
      reconnectionOptions: {
        maxRetries: 0,
        initialReconnectionDelay: 0,
        maxReconnectionDelay: 0,
        reconnectionDelayGrowFactor: 1,
      },
    })
    const options = { signal: either, timeout: Math.min(CALL_DEADLINE_MS, deadlineMs) }
    try {
      await client.connect(transport, options)
      const formats = await readPages(async (cursor) => {
        const pagination = { max_results: A_PAGE, ...(cursor !== undefined && { cursor }) }
        const call = { name: 'list_creative_formats', arguments: { pagination } }
        return readPage(answerOf(await client.callTool(call, undefined, options)))
      })
      await transport.terminateSession().catch(() => {})
      return formats
    } catch (error) {
      throw trouble.signal.aborted ? trouble.signal.reason : error
    } finally {
      await client.close()
    }
  })
}

type ListedPage = z.output<typeof Page>

async function readPages(pageAt: (cursor: string | undefined) => Promise<ListedPage>): Promise<unknown[]> {
  const all: unknown[] = []
  const cursors = new Set<string | undefined>()
  let cursor: string | undefined
  while (cursors.size < MOST_PAGES) {
    cursors.add(cursor)
    const { formats, pagination } = await pageAt(cursor)
    all.push(...formats)
    if (all.length > MOST_FORMATS) throw new CreativeAgentError(`it lists more than ${MOST_FORMATS} formats`)
    if (!pagination?.has_more) return all
    cursor = pagination.cursor
    if (cursor === undefined)
      throw new CreativeAgentError('it says there are more formats and gives no cursor')
    if (cursors.has(cursor)) throw new CreativeAgentError('its pages go round in a circle')
  }
  throw new CreativeAgentError(`its list has more than ${MOST_PAGES} pages`)
}

function readPage(answer: unknown): ListedPage {
  const { data, error } = Page.safeParse(answer)
  if (data) return data
  const [issue] = error.issues
  throw new CreativeAgentError(
    `its answer is no list of formats (${issue?.path.join('.')}: ${issue?.message})`,
  )
}

/** Nobody listens for what an agent says unasked, so it is not asked for the stream on which it would. */
function onlyAnswers(ask: ReturnType<typeof publicFetch>): ReturnType<typeof publicFetch> {
  return async (url, init) => (init?.method === 'GET' ? new Response(null, { status: 405 }) : ask(url, init))
}
