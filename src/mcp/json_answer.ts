import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import {
  isInitializeRequest,
  isJSONRPCRequest,
  JSONRPCMessageSchema,
  SUPPORTED_PROTOCOL_VERSIONS,
  type JSONRPCMessage,
} from '@modelcontextprotocol/sdk/types.js'

/** What goes back to whoever takes JSON; no body where there is nothing to say. */
export interface JsonAnswer {
  status: number
  body?: unknown
}

/**
 * Hands one JSON-RPC message to the server and gives its answer, as the SDK's Streamable HTTP transport does for JSON, but without
 * the Request, Response and streams that cost it more than most calls need themselves.
 */
export async function jsonAnswer(
  server: Server,
  body: unknown,
  protocolVersion: string | undefined,
): Promise<JsonAnswer> {
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
  const { transport, answered } = oneMessage()
  await server.connect(transport)
  transport.onmessage?.(message)
  return isJSONRPCRequest(message) ? { status: 200, body: await answered } : { status: 202 }
}

/** A transport for one message in and its answer out; what else the server would say has nowhere to go. */
function oneMessage() {
  let answer: (message: JSONRPCMessage) => void
  const answered = new Promise<JSONRPCMessage>((resolve) => (answer = resolve))
  const transport: Transport = {
    start: () => Promise.resolve(),
    send(message) {
      if ('result' in message || 'error' in message) answer(message)
      return Promise.resolve()
    },
    close() {
      transport.onclose?.()
      return Promise.resolve()
    },
  }
  return { transport, answered }
}

const refused = (code: number, message: string): JsonAnswer => ({
  status: 400,
  body: { jsonrpc: '2.0', id: null, error: { code, message } },
})
