import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { AdcpError, toWireError, type Problem } from '../adcp/error.ts'
import { negotiateVersion } from '../adcp/version.ts'
import type { Db, ReadDb } from '../db/database.ts'
import type { Log } from '../log.ts'
import type { Output, Principal, Tool } from '../tools/define-tool.ts'
import { problemsOf } from './fault.ts'
import { completeSchema, type PlainSchema } from './input_schema.ts'
import { parseInput } from './parse_input.ts'

export interface Desk {
  tools: readonly Tool[]
  db: Db
  /** Connections on which PostgreSQL itself refuses to write. */
  readDb: Db
  log: Log
  clock: () => Date
  callDeadlineMs: number
}
/** Who is calling. A function, because finding out can fail and must then answer like any other fault. */
export type Caller = () => Principal

type CallTool = (name: unknown, args: unknown, caller: Caller) => Promise<CallToolResult>

/** Runs one tool for one caller: parse, negotiate the release, handle before the deadline, wrap, explain errors. Never rejects. */
export function createCallTool(desk: Desk): CallTool {
  const byName = new Map<unknown, { tool: Tool; schema: PlainSchema }>()
  for (const tool of desk.tools) {
    const entry = { tool, schema: completeSchema(tool.input) }
    for (const name of [tool.name, ...(tool.aliases ?? [])]) byName.set(name, entry)
  }
  return async (name, args, caller) => {
    const started = performance.now()
    const log = desk.log.child({ tool: typeof name === 'string' ? name.slice(0, 64) : typeof name })
    const context = contextOf(args)
    let result: CallToolResult
    try {
      const entry = byName.get(name)
      if (!entry) throw unknownTool(desk.tools)
      const output = await withDeadline(
        answer(desk, entry.tool, entry.schema, args, caller),
        desk.callDeadlineMs,
      )
      result = success(output, context, entry.tool.summary(output))
    } catch (error) {
      result = failure(problemsOf(error, log), context)
    }
    log.info({ ms: Math.round(performance.now() - started), error: errorCodeOf(result) }, 'tool call')
    return result
  }
}

async function answer(
  desk: Desk,
  tool: Tool,
  schema: PlainSchema,
  args: unknown,
  caller: Caller,
): Promise<Output> {
  const principal = caller()
  const input = parseInput(tool, schema, args)
  const version = negotiateVersion(input)
  const db: Db | ReadDb = tool.kind === 'read' ? desk.readDb : desk.db
  const output = await tool.handle(input as never, { db: db as Db, principal, version, now: desk.clock() })
  return { ...(version !== 'unstated' && { adcp_version: version }), status: 'completed', ...output }
}

async function withDeadline<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(
        new AdcpError({
          code: 'SERVICE_UNAVAILABLE',
          message: `No answer within ${ms / 1000} seconds.`,
          retry_after: 5,
          suggestion: 'Try again with the same idempotency_key; a purchase is never made twice.',
        }),
      )
    }, ms)
  })
  // whichever loses must not become an unhandled rejection
  work.catch(() => {})
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

function success(output: Output, context: unknown, summary: string): CallToolResult {
  const body = { ...output, ...(context !== undefined && { context }) }
  return { structuredContent: body, content: [text(JSON.stringify(body)), text(summary)] }
}

function failure(problems: readonly [Problem, ...Problem[]], context: unknown): CallToolResult {
  const [first] = problems
  const errors = problems.map(toWireError)
  const body = { adcp_error: errors[0], errors, ...(context !== undefined && { context }) }
  const sentence = problems
    .map(({ message, suggestion }) => [message, suggestion].filter(Boolean).join(' '))
    .join('\n')
  return {
    isError: true,
    structuredContent: body,
    content: [text(JSON.stringify(body)), text(`${first.code}: ${sentence}`)],
  }
}

const text = (value: string) => ({ type: 'text' as const, text: value })

function unknownTool(tools: readonly Tool[]) {
  const names = tools.map((tool) => tool.name).join(', ')
  return new AdcpError({
    code: 'INVALID_REQUEST',
    message: 'There is no tool of that name here.',
    field: 'name',
    suggestion: `Tools: ${names}.`,
  })
}

/** AdCP echoes `context` as it came, on errors too. */
function contextOf(args: unknown): unknown {
  const context = (args as { context?: unknown } | null | undefined)?.context
  return typeof context === 'object' && context !== null && !Array.isArray(context) ? context : undefined
}

function errorCodeOf(result: CallToolResult): string | undefined {
  const body = result.structuredContent as { adcp_error?: { code: string } }
  return body.adcp_error?.code
}
