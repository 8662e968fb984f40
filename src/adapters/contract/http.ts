import type { z } from 'zod'
import { withSignal } from '../../abort.ts'
import { AdapterError, type Call } from './call.ts'
import type { Fetch } from './fetch.ts'
import { networkError, noAnswer, statusError, type Asked, type Problem } from './http_errors.ts'

const LARGEST_ANSWER_BYTES = 5_000_000

/** An ad server that speaks JSON over HTTP. */
export interface HttpServer {
  base_url: string
  fetch: Fetch
  timeout_ms: number
  headers: Readonly<Record<string, string>>
  /** Added to every address, and to no message: for an ad server that wants its token there. */
  query?: Readonly<Record<string, string>>
  /** Struck out of whatever the ad server says of it. */
  secret: string
  /** What the ad server's own form of a refusal says. */
  problemIn(answer: unknown): Problem | undefined
}
export interface HttpRequest extends Asked {
  query?: Readonly<Record<string, string>>
  json?: object
  form?: Readonly<Record<string, string>>
  /** Fields of the answer whose numbers are kept as the text they came as: money may have more digits than a number holds. */
  decimals?: readonly string[]
}

/**
 * One request and its answer, parsed; an answer without a body is undefined. Ends in time, follows no redirect, and throws nothing
 * but AdapterErrors, in whose messages there is no address, header or secret.
 */
export async function send<T>(
  server: HttpServer,
  request: HttpRequest,
  schema: z.ZodType<T>,
  call: Call,
): Promise<T> {
  if (call.signal.aborted)
    throw new AdapterError('transient', 'aborted', 'The call was given up before it was made')
  const { response, text } = await fetchText(server, request, call.signal)
  const answer = parseJson(text, request.decimals)
  if (!response.ok) throw statusError(request, response, problemOf(answer, server))
  const result = schema.safeParse(answer)
  if (result.success) return result.data
  throw noAnswer(request, 'unreadable_answer', `the answer (${response.status}) could not be understood`)
}

function fetchText(server: HttpServer, request: HttpRequest, givenUp: AbortSignal) {
  const { method, json, form } = request
  const type = json
    ? { 'content-type': 'application/json' }
    : form && { 'content-type': 'application/x-www-form-urlencoded' }
  return withSignal([givenUp], server.timeout_ms, async (signal) => {
    try {
      const response = await server.fetch(addressOf(server, request), {
        method,
        headers: { accept: 'application/json', ...server.headers, ...type },
        body: json ? JSON.stringify(json) : form ? new URLSearchParams(form).toString() : null,
        // another host must never be sent our key
        redirect: 'manual',
        signal,
      })
      return { response, text: await readText(response) }
    } catch (error) {
      // asked first, because what fetch throws then is whatever the caller gave as its reason
      if (signal.aborted) throw noAnswer(request, 'no_answer', 'the call ended before there was an answer')
      throw networkError(request, error)
    }
  })
}

function addressOf({ base_url, query: always }: HttpServer, { path, query }: HttpRequest): string {
  const parameters = new URLSearchParams({ ...query, ...always }).toString()
  return base_url.replace(/\/+$/, '') + path + (parameters === '' ? '' : `?${parameters}`)
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength
    if (size > LARGEST_ANSWER_BYTES) throw Object.assign(new Error(), { cause: { code: 'ANSWER_TOO_LARGE' } })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string, decimals: readonly string[] = []): unknown {
  const numbers = new RegExp(`"(${decimals.join('|')})"\\s*:\\s*(-?\\d[\\d.eE+-]*)`, 'g')
  try {
    return JSON.parse(decimals.length === 0 ? text : text.replace(numbers, '"$1":"$2"'))
  } catch {
    // an empty body is an answer of its own; anything else that is no JSON fits no schema
    return text === '' ? undefined : Symbol('no JSON')
  }
}

function problemOf(answer: unknown, { secret, problemIn }: HttpServer): Problem {
  const { code, message } = problemIn(answer) ?? { code: 'no_reason', message: 'it gave no reason' }
  const clean = (text: string) => text.replaceAll(secret, '[secret]').slice(0, 300)
  return { code: clean(code).slice(0, 100), message: clean(message) }
}
