import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { JSONRPCRequestSchema } from '@modelcontextprotocol/sdk/types.js'

/** A host asks at once; whoever types this command asks nothing. */
const WAIT_MS = 1000

/**
 * Answers the first request on stdin with why nobody can be served here: a host shows that to its person, where what is written on
 * stderr is in a log at best. Resolves after that, or when nobody has asked for a second.
 */
export async function refuseStdio(message: string, stdin: Readable, stdout: Writable): Promise<void> {
  const lines = createInterface({ input: stdin })
  const timer = setTimeout(() => lines.close(), WAIT_MS)
  for await (const line of lines) {
    const id = idOf(line)
    if (id === undefined) continue
    const answer = { jsonrpc: '2.0', id, error: { code: -32000, message } }
    if (!stdout.write(`${JSON.stringify(answer)}\n`))
      await Promise.race([once(stdout, 'drain'), once(stdout, 'close')])
    break
  }
  clearTimeout(timer)
  lines.close()
}

function idOf(line: string) {
  try {
    return JSONRPCRequestSchema.safeParse(JSON.parse(line)).data?.id
  } catch {
    return undefined
  }
}
