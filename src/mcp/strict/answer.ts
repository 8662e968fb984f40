import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Desk } from '../call_tool.ts'
import { withDeadline } from '../deadline.ts'
import { readBody, refuse } from '../http_answer.ts'
import { httpCaller } from '../http_caller.ts'
import { createMcpServers } from '../server.ts'
import { createAnswerMcp } from '../streamable_http.ts'
import { strangerCaller } from '../strangers.ts'
import { signatureRefused } from '../unauthorized.ts'
import { COVERS_CONTENT_DIGEST, verifySigned } from './verify.ts'

export interface StrictOptions {
  maxBodyBytes: number
  /** Origin and path under which agents reach us; undefined where they address this server itself. */
  publicUrl: string | undefined
}

/**
 * The strict mount: whoever signs is the principal its key belongs to, whatever else it sends; what writes must be signed; what only
 * reads may come with a token instead.
 */
export function createStrictMount(desk: Desk, { maxBodyBytes, publicUrl }: StrictOptions) {
  const requiredFor = desk.tools.filter(({ kind }) => kind === 'write').map(({ name }) => name)
  const requestSigning = {
    supported: true,
    covers_content_digest: COVERS_CONTENT_DIGEST,
    required_for: requiredFor,
    supported_for: desk.tools.map(({ name }) => name),
  }
  const answerMcp = createAnswerMcp(createMcpServers({ ...desk, requestSigning }))
  const nameOf = new Map(
    desk.tools.flatMap(({ name, aliases = [] }) => [name, ...aliases].map((one) => [one, name] as const)),
  )

  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request, maxBodyBytes)
    if (!body.ok) return refuse(response, body.refusal)
    const url = `${publicUrl ?? `http://${request.headers.host}`}${request.url}`
    const operation = nameOf.get(toolOf(body.value) ?? '')
    const signed = { request, url, body: body.text, operation, requiredFor }
    const verified = await withDeadline(verifySigned(desk, signed), desk.callDeadlineMs)
    if (verified.type === 'refused')
      return refuse(response, (await desk.limits?.countStranger(request)) ?? signatureRefused(verified.code))
    if (verified.type === 'signed') {
      const { principal } = verified
      return answerMcp(request, response, body.value, () => principal)
    }
    const found = await httpCaller(request, desk)
    if (found.known) return answerMcp(request, response, body.value, found.caller)
    const caller = found.perhapsStranger ? await strangerCaller(desk, body.value) : undefined
    if (!caller) return refuse(response, found.refusal)
    return answerMcp(request, response, body.value, caller)
  }
}
export type StrictMount = ReturnType<typeof createStrictMount>

function toolOf(body: unknown): string | undefined {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } | null }
  const name = method === 'tools/call' ? params?.name : undefined
  return typeof name === 'string' ? name : undefined
}
