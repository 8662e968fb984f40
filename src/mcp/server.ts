import { Server } from '@modelcontextprotocol/sdk/server/index.js'
import {
  ErrorCode,
  ListToolsRequestSchema,
  McpError,
  type CallToolRequest,
} from '@modelcontextprotocol/sdk/types.js'
import { AjvJsonSchemaValidator } from '@modelcontextprotocol/sdk/validation/ajv'
import { continueTrace } from '../trace.ts'
import type { Tool } from '../tools/define-tool.ts'
import { createCallTool, toolsOf, type Caller, type Desk } from './call_tool.ts'
import { publishedSchema } from './input_schema.ts'

/** Makes an MCP server for one connection (or one stateless request) of one caller. */
export type CreateMcpServer = (caller: Caller) => Server

const serverInfo = { name: 'salesdesk', title: 'Salesdesk', version: '0.1.0' }
const instructions = `Buy advertising from this publisher over AdCP.
1. get_products with a brief in plain words (audience, topic, channel, country, budget).
2. Agree product, pricing option, budget and dates with the person you buy for.
3. create_media_buy with a new idempotency_key. The answer is either a media_buy_id, or status "submitted" with a task_id when a person at the publisher must approve.
4. tasks_get follows a task_id; get_media_buys shows what was bought.
5. sync_creatives brings the creatives and puts them on the packages; before, a media buy stays pending_creatives.
If a call fails or times out, send it again with the same idempotency_key: nothing is bought twice.`

/**
 * The low-level Server is used on purpose: McpServer answers bad input in its own words, passes a thrown error's text on
 * to the buyer and converts every schema again at each tools/list.
 */
export function createMcpServers(desk: Desk): CreateMcpServer {
  const callTool = createCallTool(desk)
  const described = new Map([...desk.tools, ...desk.sandboxTools].map((tool) => [tool, describe(tool)]))
  // without this, every new Server builds an Ajv of its own for elicitation, which we never do
  const jsonSchemaValidator = new AjvJsonSchemaValidator()

  return (caller) => {
    const server = new Server(serverInfo, { capabilities: { tools: {} }, instructions, jsonSchemaValidator })
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: toolsOf(caller, desk).flatMap((tool) => described.get(tool) ?? []),
    }))
    // tools/call comes through the fallback so that bad arguments get an AdCP error instead of the SDK's own
    server.fallbackRequestHandler = async ({ method, params }) => {
      if (method !== 'tools/call') throw new McpError(ErrorCode.MethodNotFound, 'Method not found')
      const { name, arguments: args, _meta } = (params ?? {}) as Partial<CallToolRequest['params']>
      // MCP's own place for it (SEP-414), which says more than the header of whoever passed the call on
      return continueTrace(_meta?.['traceparent'], desk.spans, () => callTool(name, args, settled(caller)))
    }
    return server
  }
}

/** Whoever asks now, however long the call goes on: the server may answer somebody else by then. */
function settled(caller: Caller): Caller {
  try {
    const principal = caller()
    return () => principal
  } catch (error) {
    return () => {
      throw error
    }
  }
}

function describe(tool: Tool) {
  const reads = tool.kind === 'read'
  return {
    name: tool.name,
    title: tool.title,
    description: tool.description,
    inputSchema: publishedSchema(tool.input),
    annotations: {
      title: tool.title,
      readOnlyHint: reads,
      destructiveHint: tool.destructive ?? false,
      idempotentHint: true,
      openWorldHint: tool.kind === 'write',
    },
  }
}
