import { PassThrough } from 'node:stream'
import { createInterface } from 'node:readline'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import type { JSONRPCMessage } from '@modelcontextprotocol/sdk/types.js'
import { expect } from 'vitest'
import { createDesk } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { authenticate } from '../../../src/mcp/authenticate.ts'
import { serveStdio } from '../../../src/mcp/stdio.ts'
import { quiet } from '../database.ts'
import type { TestDesk } from '../desk.ts'
import { mustBeOfficial } from '../official_answer.ts'
import { ask, rpcCall } from '../raw_http.ts'

/** A way in for one buyer: calls a tool, and gives the answer as text. */
export interface Door {
  /** It wants a signature of whoever writes. */
  onlyReads?: boolean
  call(tool: string, args: unknown): Promise<string>
  close(): Promise<unknown>
}

/** `POST /mcp` or `/mcp-strict`. */
export const httpDoor = (desk: TestDesk, path: 'mcp' | 'mcp-strict', token: string): Door => ({
  onlyReads: path === 'mcp-strict',
  async call(tool, args) {
    const { status, text } = await ask(`${desk.url}/${path}`, {
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify({ ...rpcCall(tool, args), id: 1 }),
    })
    expect([tool, status]).toEqual([tool, 200])
    return text
  },
  close: () => Promise.resolve(),
})

/** `GET /sse` and `POST /messages`. */
export async function sseDoor(desk: TestDesk, token: string): Promise<Door> {
  const headers = { authorization: `Bearer ${token}` }
  const transport = new SSEClientTransport(new URL(`${desk.url}/sse`), { requestInit: { headers } })
  const asking = conversation((message) => transport.send(message as JSONRPCMessage))
  transport.onmessage = asking.hear
  await transport.start()
  return { call: asking.call, close: () => transport.close() }
}

/** stdin and stdout, with the token `salesdesk stdio` is given. */
export async function stdioDoor(
  desk: TestDesk,
  token: string,
  variables: Record<string, string>,
): Promise<Door> {
  const { databaseUrl } = desk
  const its = createDesk({ config: readConfig(variables), databaseUrl, log: quiet, clock: () => desk.now })
  const principal = await authenticate(its.readDb, token, desk.now)
  if (!principal) throw new Error('the token is not valid')
  const [stdin, stdout] = [new PassThrough(), new PassThrough()]
  const served = serveStdio(its, () => principal, stdin, stdout)
  const asking = conversation((message) => stdin.write(`${JSON.stringify(message)}\n`))
  createInterface({ input: stdout }).on('line', (line) => asking.hear(JSON.parse(line) as object))
  const close = async () => {
    stdin.end()
    await served
    await its.close()
  }
  return { call: asking.call, close }
}

/** Calls and their answers over a line that carries many. */
function conversation(send: (message: object) => unknown) {
  const open = new Map<unknown, (answer: object) => void>()
  return {
    hear(message: object) {
      if ('id' in message) open.get(message.id)?.(message)
    },
    async call(tool: string, args: unknown): Promise<string> {
      const call = rpcCall(tool, args)
      const answered = new Promise<object>((hear) => open.set(call.id, hear))
      await send(call)
      const answer = (await answered) as { result?: Parameters<typeof mustBeOfficial>[2] }
      open.delete(call.id)
      if (answer.result !== undefined) mustBeOfficial(tool, args, answer.result)
      return JSON.stringify({ ...answer, id: 1 })
    },
  }
}
