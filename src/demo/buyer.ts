import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { DemoError } from './processes.ts'

export type Answer = Record<string, unknown>

/** A buying agent: a real MCP client over Streamable HTTP. */
export interface Buyer {
  listTools(): Promise<string[]>
  /** Calls a tool and gives its structured answer. @throws DemoError with the desk's words if it answers with an error. */
  call<T = Answer>(tool: string, args?: Answer): Promise<T>
  close(): Promise<void>
}

/** Connects to a desk as the owner of this token. */
export async function connectBuyer(url: string, token: string): Promise<Buyer> {
  const client = new Client({ name: 'demo-buyer', version: '1.0.0' })
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers: { authorization: `Bearer ${token}` } },
  })
  await client.connect(transport)
  return {
    async listTools() {
      return (await client.listTools()).tools.map((tool) => tool.name)
    },
    async call<T>(tool: string, args: Answer = {}) {
      const result = await client.callTool({ name: tool, arguments: args })
      if (result.isError) throw new DemoError(`${tool} answered: ${JSON.stringify(result.structuredContent)}`)
      return result.structuredContent as T
    },
    close: () => client.close(),
  }
}
