import { request, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http'
import { mustBeOfficial } from './official_answer.ts'

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  /** The body read as JSON; throws when it is none. */
  json(): RpcAnswer
}
interface WireProblem {
  code: string
  message: string
  recovery?: string
  field?: string
  suggestion?: string
  retry_after?: number
  details?: Record<string, unknown>
}
/** A JSON-RPC message as it comes back. */
export interface RpcAnswer {
  jsonrpc: string
  id: number | string | null
  result?: {
    isError?: boolean
    content?: { text: string }[]
    structuredContent?: Record<string, unknown> & { adcp_error?: WireProblem }
    tools?: { name: string }[]
    protocolVersion?: string
  }
  error?: { code: number; message: string; data?: { adcp_error: WireProblem } }
}

/**
 * One HTTP request exactly as given: any Host, any Origin, any bytes, nothing added. A body given in parts is sent chunked.
 * The answer to a tool call must be as AdCP has it.
 */
export async function ask(url: string, sending: Sending = {}): Promise<RawAnswer> {
  const answer = await send(url, sending)
  if (typeof sending.body === 'string') judge(sending.body, answer.text)
  return answer
}

interface Sending {
  method?: string
  headers?: OutgoingHttpHeaders
  body?: string | Buffer | readonly Buffer[]
}

function send(url: string, { method = 'POST', headers = {}, body }: Sending): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const { hostname, port, origin } = new URL(url)
    // the path goes out as written: URL would tidy it
    const sent = request({ hostname, port, path: url.slice(origin.length) || '/', method, headers })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = () => JSON.parse(text) as RpcAnswer
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
      })
    })
    if (Array.isArray(body)) for (const part of body as Buffer[]) sent.write(part)
    else if (body !== undefined) sent.write(body)
    sent.end()
  })
}

/** Holds every answer to a tool call among these against AdCP; what is no such answer passes. */
function judge(sent: string, came: string): void {
  for (const answer of messages(came))
    for (const call of messages(sent))
      if (
        call.method === 'tools/call' &&
        typeof call.params?.name === 'string' &&
        answer.result?.content &&
        answer.id === (call.id ?? null)
      )
        mustBeOfficial(call.params.name, call.params.arguments, answer.result)
}

interface RpcMessage extends RpcAnswer {
  method?: string
  params?: { name?: unknown; arguments?: unknown }
}
function messages(text: string): RpcMessage[] {
  try {
    return [JSON.parse(text) as RpcMessage | RpcMessage[] | null].flat().filter((one) => one !== null)
  } catch {
    return []
  }
}

let id = 0
/** A JSON-RPC request of one tool call. */
export const rpcCall = (name: unknown, args?: unknown, meta?: unknown) => ({
  jsonrpc: '2.0',
  id: ++id,
  method: 'tools/call',
  params: {
    name,
    ...(args !== undefined && { arguments: args }),
    ...(meta !== undefined && { _meta: meta }),
  },
})
