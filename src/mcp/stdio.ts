import { pipeline, Transform, type Readable, type Writable } from 'node:stream'
import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import type { Caller, Desk } from './call_tool.ts'
import { createMcpServers } from './server.ts'

/**
 * Serves one client on stdin and stdout. Resolves when the client has closed stdin (or stopped reading) and every call
 * it made is done. Nothing but JSON-RPC is written to stdout.
 */
export async function serveStdio(
  desk: Desk,
  caller: Caller,
  stdin: Readable,
  stdout: Writable,
): Promise<void> {
  const lines = wholeLines()
  const transport = new StdioServerTransport(lines, stdout)
  const server = createMcpServers(desk)(caller)
  await server.connect(transport)
  const deaf = new Promise<void>((resolve) => {
    stdout.on('error', () => resolve()).once('close', resolve)
  })
  const unanswered = countUnanswered(transport, deaf)
  transport.onerror = () => {
    if (!lines.errored) void transport.send(parseError)
  }
  const over = new Promise<void>((resolve) => {
    lines.once('close', resolve)
    server.onclose = resolve // the SDK hangs up on a line of more than 10 MB
  })
  pipeline(stdin, lines, () => {})
  await Promise.race([deaf, over])
  stdin.pause()
  await unanswered.none(desk.callDeadlineMs)
  await server.close()
}

/** Passes everything on; what was said last counts even if no line feed follows it. */
function wholeLines(): Transform {
  let last: number | undefined
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      last = chunk.at(-1)
      done(null, chunk)
    },
    flush(done) {
      done(null, last === undefined || last === 0x0a ? undefined : '\n')
    },
  })
}

/** The SDK does not say which calls are still being worked on; messages in and out do. */
function countUnanswered(transport: StdioServerTransport, deaf: Promise<void>) {
  const open = new Set<string | number>()
  let done = () => {}
  const { onmessage } = transport
  const send = transport.send.bind(transport)
  transport.onmessage = (message: JSONRPCMessage) => {
    if ('method' in message && 'id' in message) open.add(message.id)
    onmessage?.(message)
  }
  transport.send = async (message) => {
    // once stdout is closed, an answer never gets out
    await Promise.race([send(message), deaf])
    if ('id' in message && message.id !== undefined) open.delete(message.id)
    if (open.size === 0) done()
  }
  return {
    none(ms: number): Promise<void> {
      if (open.size === 0) return Promise.resolve()
      return new Promise((resolve) => {
        done = resolve
        setTimeout(resolve, ms).unref() // each open call has a timer of its own that keeps the process going
      })
    },
  }
}

const parseError = {
  jsonrpc: '2.0',
  id: null,
  error: { code: -32700, message: 'The line is not a JSON-RPC 2.0 message.' },
} as unknown as JSONRPCMessage
