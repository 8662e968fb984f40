import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { ErrorCode, McpError } from '@modelcontextprotocol/sdk/types.js'
import { ForbiddenDestinationError } from '../outbound/destination.ts'
import { TooLongError } from '../outbound/fetch_public.ts'

/** Why a creative agent told nothing that could be used; the message says it to the publisher, in our words alone. */
export class CreativeAgentError extends Error {
  override name = 'CreativeAgentError'
}

/** What went wrong, without a word of what a stranger answered. */
export function reasonOf(error: unknown): string {
  if (error instanceof ForbiddenDestinationError) return `it is not asked: ${error.message}`
  if (error instanceof TooLongError) return 'its list is longer than 20 MB'
  if (error instanceof StreamableHTTPError) return httpReason(error.code)
  if (error instanceof McpError && error.code !== Number(ErrorCode.RequestTimeout))
    return error.code === Number(ErrorCode.ConnectionClosed)
      ? 'it closed the connection'
      : `it answers with MCP error ${error.code}`
  const { code, name } = error as NodeJS.ErrnoException
  if (code === 'ENOTFOUND') return 'its address does not exist'
  if (error instanceof McpError || name === 'AbortError' || /^not done after/.test((error as Error).message))
    return 'it does not answer in time'
  return code === undefined ? 'its answer cannot be read' : `it cannot be reached (${String(code)})`
}

function httpReason(status: number | undefined): string {
  if (status === 401 || status === 403)
    return `it answers HTTP ${status}: it wants a token (salesdesk creative-agents secret), or another one`
  if (status !== undefined && status >= 300 && status < 400)
    return 'it redirects to another host, which is not followed; give the address it redirects to'
  return status === undefined || status < 0 ? 'it does not speak MCP' : `it answers HTTP ${status}`
}
