import type { IncomingMessage, ServerResponse } from 'node:http'
import { toWireError, type Problem } from '../adcp/error.ts'

/** JSON-RPC codes for what goes wrong before a tool is reached (AdCP transport errors; JSON-RPC 2.0). */
const rpcCodes = {
  parse: -32700,
  request: -32600,
  auth: -32028,
  unavailable: -32027,
  refused: -32000,
} as const

export interface Refusal {
  status: number
  rpc: keyof typeof rpcCodes
  problem: Problem
  headers?: Record<string, string>
}

/** Answers an HTTP request that never reached a tool: an HTTP status, a JSON-RPC error and AdCP's error in its data. */
export function refuse(response: ServerResponse, { status, rpc, problem, headers = {} }: Refusal): void {
  const error = { code: rpcCodes[rpc], message: problem.message, data: { adcp_error: toWireError(problem) } }
  answerJson(response, status, { jsonrpc: '2.0', id: null, error }, headers)
}

/** Answers with one JSON body and is done. */
export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(text)),
    ...headers,
  })
  response.end(text)
}

/** A JSON body, and its text to the byte. */
export type Body = { ok: true; value: unknown; text: string } | { ok: false; refusal: Refusal }

/** Reads a JSON body of at most `limit` bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Body> {
  if (Number(request.headers['content-length'] ?? 0) > limit) return tooLarge(limit)
  const bytes = await readBytes(request, limit)
  if (!bytes) return tooLarge(limit)
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return { ok: true, value, text: bytes.toString() }
  } catch {
    const problem: Problem = {
      code: 'INVALID_REQUEST',
      message: 'The body is not valid JSON.',
      suggestion: 'Send one JSON-RPC 2.0 request as UTF-8 JSON.',
    }
    return { ok: false, refusal: { status: 400, rpc: 'parse', problem } }
  }
}

/**
 * Undefined as soon as there are more than `limit`. What still comes then is thrown away: with the connection destroyed, or
 * its bytes left unread, the sender would never see the refusal.
 */
function readBytes(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) {
        chunks.push(chunk)
        return
      }
      chunks = []
      resolve(undefined)
    })
    request.on('end', () => resolve(Buffer.concat(chunks)))
    request.on('error', reject)
  })
}

function tooLarge(limit: number): Body {
  const problem: Problem = {
    code: 'INVALID_REQUEST',
    message: `The body is larger than ${Math.floor(limit / 1024 / 1024)} MB.`,
    suggestion: 'Split it into several calls; send creatives by URL instead of inline.',
  }
  return { ok: false, refusal: { status: 413, rpc: 'refused', problem } }
}
