import { z } from 'zod'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { AdcpError, toWireError, type Problem } from '../adcp/error.ts'
import { envelope } from '../adcp/request_schemas.ts'
import { readable } from '../adcp/quoted.ts'
import { negotiateVersion } from '../adcp/version.ts'
import { countCall } from '../commands/count_call.ts'
import type { WebhookTerms } from '../commands/keep_push_notification_config.ts'
import type { Db } from '../db/database.ts'
import { onOneConnection } from '../db/one_connection.ts'
import type { Log } from '../log.ts'
import type { Meter } from '../monitoring/meter.ts'
import { inSpan, type SpanRecorder } from '../trace.ts'
import { isStranger, type Output, type Principal, type Tool } from '../tools/define-tool.ts'
import { coerce } from './coerce.ts'
import { withDeadline } from './deadline.ts'
import { problemsOf } from './fault.ts'
import { completeSchema, type PlainSchema } from './input_schema.ts'
import { asSaidBy, withOwnIds } from './own_ids.ts'
import type { Limits } from './limits/limits.ts'
import type { ResourceServer } from './oauth/resource_server.ts'
import { parseInput } from './parse_input.ts'
import { refuseUnkeepable } from './unkeepable.ts'

export interface Desk {
  tools: readonly Tool[]
  /** Tools that exist for sandbox buyers only; to everybody else they are unknown. */
  sandboxTools: readonly Tool[]
  db: Db
  /** Connections on which PostgreSQL itself refuses to write. */
  readDb: Db
  log: Log
  clock: () => Date
  callDeadlineMs: number
  webhooks?: WebhookTerms | undefined
  /** Where agents reach us, if that is known. */
  publicUrl?: string | undefined
  /** How much may come; undefined where one client sits at the other end of a pipe. */
  limits?: Limits | undefined
  /** Whose access tokens are taken beside our own, if anybody's. */
  oauth?: ResourceServer | undefined
  /** Where requests are signed: how, as capabilities tell it. */
  requestSigning?: Output
  meter?: Meter | undefined
  spans?: SpanRecorder | undefined
}
/** Who is calling. A function, because finding out can fail and must then answer like any other fault. */
export type Caller = () => Principal

type CallTool = (name: unknown, args: unknown, caller: Caller) => Promise<CallToolResult>

/** Runs one tool for one caller: parse, negotiate the release, handle before the deadline, wrap, explain errors. Never rejects. */
export function createCallTool(desk: Desk): CallTool {
  const byName = new Map<unknown, { tool: Tool; schema: PlainSchema }>()
  for (const tool of [...desk.tools, ...desk.sandboxTools]) {
    const entry = { tool, schema: completeSchema(tool.input) }
    for (const name of [tool.name, ...(tool.aliases ?? [])]) byName.set(name, entry)
  }
  return (name, args, caller) => {
    const sandboxBuyer = sandboxBuyerOf(caller)
    const entry = existsFor(sandboxBuyer, desk, byName.get(name))
    // a name that is not ours may be anything, a secret included
    const tool = entry?.tool.name ?? 'unknown'
    const attributes = { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': tool }
    return inSpan({ name: `tools/call ${tool}`, kind: 'server', attributes }, async (note) => {
      const started = performance.now()
      const log = desk.log.child({ tool })
      let context: unknown
      let result: CallToolResult
      try {
        const read = coerce(args ?? {}, { ...entry?.schema, type: 'object' })
        refuseUnkeepable(read)
        context = contextOf(read)
        if (!entry) throw unknownTool(toolsFor(sandboxBuyer, desk))
        const output = await withDeadline(answer(desk, entry.tool, read, caller), desk.callDeadlineMs)
        result = success(output, context, entry.tool.summary(output))
      } catch (error) {
        result = failure(problemsOf(error, log), context)
      }
      const [ms, error] = [performance.now() - started, errorCodeOf(result)]
      desk.meter?.toolCalled(tool, error ?? 'ok', ms / 1000)
      note({}, error)
      log.info({ ms: Math.round(ms), error }, 'tool call')
      return sandboxBuyer ? asSaidBy(sandboxBuyer, result) : result
    })
  }
}

/** The caller, if it is known and in the sandbox. */
function sandboxBuyerOf(caller: Caller): Principal | undefined {
  try {
    const principal = caller()
    return principal.sandbox ? principal : undefined
  } catch {
    return undefined // nobody can be told from anybody: nothing special exists
  }
}

const existsFor = <E extends { tool: Tool }>(
  buyer: Principal | undefined,
  desk: Desk,
  entry: E | undefined,
) => (entry && (buyer || !desk.sandboxTools.includes(entry.tool)) ? entry : undefined)

const toolsFor = (buyer: Principal | undefined, { tools, sandboxTools }: Desk): readonly Tool[] =>
  buyer ? [...tools, ...sandboxTools] : tools

/** The tools there are for this caller. */
export const toolsOf = (caller: Caller, desk: Desk): readonly Tool[] => toolsFor(sandboxBuyerOf(caller), desk)

async function answer(desk: Desk, tool: Tool, args: unknown, caller: Caller): Promise<Output> {
  const principal = caller()
  await countCall(desk.db, principal, desk.clock())
  // first the release: a buyer of another one would only be told how wrong its fields are in ours
  const version = negotiateVersion(versionsOf(args))
  const parsed = parseInput(tool, args)
  const input = principal.sandbox ? await withOwnIds(desk.readDb, principal, parsed) : parsed
  const { webhooks, requestSigning, publicUrl } = desk
  const may_force = principal.sandbox && desk.sandboxTools.length > 0
  const now = desk.clock()
  const ctx = { principal, version, now, webhooks, requestSigning, publicUrl, may_force }
  const anybody = isStranger(principal)
  if (anybody && !tool.forStrangers) throw tokenNeeded
  const handle = (on: object) => tool.handle(input as never, { ...ctx, ...on } as never)
  const told = await (tool.kind === 'write'
    ? handle({ db: desk.db })
    : onOneConnection(desk.readDb, (db) =>
        handle({ db, ...(tool.kind === 'mixed' && { writeDb: desk.db }) }),
      ))
  const output = anybody && tool.forStrangers ? tool.forStrangers(told, input as never) : told
  const { idempotency_key } = input as { idempotency_key?: string }
  return {
    ...(version !== 'unstated' && { adcp_version: version }),
    status: 'completed',
    ...(idempotency_key !== undefined && { idempotency_key }),
    ...output,
  }
}

function success(output: Output, context: unknown, summary: string): CallToolResult {
  const body = { ...output, ...(context !== undefined && { context }) }
  return { structuredContent: body, content: [text(JSON.stringify(body)), text(readable(summary))] }
}

function failure(problems: readonly [Problem, ...Problem[]], context: unknown): CallToolResult {
  const errors = problems.map(toWireError)
  // AdCP 3.1 wants a status on every answer
  const body = { status: 'failed', adcp_error: errors[0], errors, ...(context !== undefined && { context }) }
  const sentences = problems.map(sentence).join('\n')
  return {
    isError: true,
    structuredContent: body,
    content: [text(JSON.stringify(body)), text(readable(sentences))],
  }
}

/** What is wrong, where, and what to do, for hosts that show only text. */
function sentence({ code, message, field, suggestion }: Problem): string {
  const where = field === undefined || message.startsWith(field) ? '' : ` at ${field}`
  return [`${code}${where}: ${message}`, suggestion].filter(Boolean).join(' ')
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

const tokenNeeded = new AdcpError({
  code: 'AUTH_REQUIRED',
  message: 'A token is needed.',
  suggestion: 'Send "Authorization: Bearer <token>"; the publisher gives you one.',
})

/** AdCP echoes `context` as it came, on errors too. */
function contextOf(args: unknown): unknown {
  const context = (args as { context?: unknown } | null | undefined)?.context
  return typeof context === 'object' && context !== null && !Array.isArray(context) ? context : undefined
}

const Versions = z.object({
  adcp_version: envelope.adcp_version.catch(undefined),
  adcp_major_version: envelope.adcp_major_version.catch(undefined),
})
/** The release asked for, where it is written as one; what is not, the tool's own schema refuses. */
function versionsOf(args: unknown) {
  return Versions.safeParse(args).data ?? {}
}

function errorCodeOf(result: CallToolResult): string | undefined {
  const body = result.structuredContent as { adcp_error?: { code: string } }
  return body.adcp_error?.code
}
