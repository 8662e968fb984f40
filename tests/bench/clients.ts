import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Target } from './load.ts'

/** The calls per second a target answers to so many MCP clients, each asking again as soon as it is answered. @throws when one is refused */
export async function perSecond(
  target: Target,
  connections: number,
  calls: number,
  call: () => { name: string; arguments: Record<string, unknown> },
): Promise<number> {
  const clients = await Promise.all(Array.from({ length: connections }, () => connect(target)))
  let left = calls
  const began = performance.now()
  await Promise.all(
    clients.map(async (client) => {
      while (left-- > 0) {
        const { isError, content } = await client.callTool(call())
        if (isError) throw new Error(`${target.name} refused: ${JSON.stringify(content).slice(0, 600)}`)
      }
    }),
  )
  const seconds = (performance.now() - began) / 1000
  await Promise.all(clients.map((client) => client.close()))
  return calls / seconds
}

async function connect({ url, token }: Target): Promise<Client> {
  const client = new Client({ name: 'bench', version: '1' })
  const headers = { authorization: `Bearer ${token}` }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
  return client
}
