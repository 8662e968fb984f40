import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  isInitializeRequest,
  isJSONRPCRequest,
  JSONRPCMessageSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
  type JSONRPCMessage,
  type JSONRPCRequest,
} from '@modelcontextprotocol/sdk/types.js'
import type { Caller } from './call_tool.ts'
import type { CreateMcpServer } from './server.ts'

/** What goes back to whoever takes JSON; no body where there is nothing to say. */
export interface JsonAnswer {
  status: number
  body?: unknown
}

export type AnswerJson = (
  body: unknown,
  caller: Caller,
  protocolVersion: string | undefined,
) => Promise<JsonAnswer>

/**
 * Gives one JSON-RPC message the answer of the SDK's server, as its Streamable HTTP transport does for JSON, but without the Request,
 * Response and streams that cost it more than most calls need themselves. A server answers one caller at a time and then the next:
 * to make one for each was a tenth of a small call.
 */
export function createAnswerJson(createMcpServer: CreateMcpServer): AnswerJson {
  const idle: Seat[] = []
  return async (body, caller, protocolVersion) => {
    const message = JSONRPCMessageSchema.safeParse(body).data
    if (!message) return refused(-32700, 'Parse error: Invalid JSON-RPC message')
    if (
      protocolVersion !== undefined &&
      !SUPPORTED_PROTOCOL_VERSIONS.includes(protocolVersion) &&
      !isInitializeRequest(message)
    )
      return refused(
        -32000,
        `Bad Request: Unsupported protocol version: ${protocolVersion} (supported versions: ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')})`,
      )
    // nothing else has an answer, or does anything where there is no session
    if (!isJSONRPCRequest(message)) return { status: 202 }
    const seat = idle.pop() ?? (await openSeat(createMcpServer))
    const answer = await seat(message, caller)
    idle.push(seat)
    return { status: 200, body: answer }
  }
}

/** A server that answers one message and is then free for another, of whomever. */
type Seat = (message: JSONRPCRequest, caller: Caller) => Promise<JSONRPCMessage>

async function openSeat(createMcpServer: CreateMcpServer): Promise<Seat> {
  let asking: { caller: Caller; answer(message: JSONRPCMessage): void } | undefined
  const server = createMcpServer(() => {
    if (!asking) throw new Error('nobody asks')
    return asking.caller()
  })
  const transport: Transport = {
    start: () => Promise.resolve(),
    // what else the server would say has nowhere to go
    send(message) {
      if ('result' in message || 'error' in message) asking?.answer(message)
      return Promise.resolve()
    },
    close: () => Promise.resolve(),
  }
  await server.connect(transport)
  return (message, caller) =>
    new Promise((resolve) => {
      const answer = (one: JSONRPCMessage) => {
        asking = undefined
        resolve(one)
      }
      asking = { caller, answer }
      transport.onmessage?.(message)
    })
}

const refused = (code: number, message: string): JsonAnswer => ({
  status: 400,
  body: { jsonrpc: '2.0', id: null, error: { code, message } },
})
