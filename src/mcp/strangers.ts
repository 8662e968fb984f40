import type { Caller, Desk } from './call_tool.ts'
import { withDeadline } from './deadline.ts'
import { stranger } from '../tools/define-tool.ts'

/** Nobody without a token needs to send more. */
export const MOST_FROM_STRANGERS_BYTES = 64 * 1024

const handshake = ['initialize', 'notifications/initialized', 'ping', 'tools/list']

/**
 * Somebody who sends no token, if this message may come from anybody: what MCP needs before a call, and calls of tools that answer
 * strangers. Only where the desk sells for one publisher; elsewhere nobody can say whose products are meant.
 */
export async function strangerCaller(
  { readDb, tools, callDeadlineMs }: Desk,
  body: unknown,
): Promise<Caller | undefined> {
  const { method, params } = (body ?? {}) as { method?: unknown; params?: { name?: unknown } | null }
  const open =
    method === 'tools/call'
      ? tools.some(({ name, forStrangers }) => forStrangers && name === params?.name)
      : typeof method === 'string' && handshake.includes(method)
  if (!open) return undefined
  const tenants = readDb.selectFrom('tenants').select('tenant_id').limit(2).execute()
  const [only, another] = await withDeadline(tenants, callDeadlineMs)
  return only && !another ? () => stranger(only.tenant_id) : undefined
}
