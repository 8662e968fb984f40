import type { IncomingMessage } from 'node:http'
import { AdcpError } from '../adcp/error.ts'
import { authenticateUse } from './authenticate.ts'
import type { Caller, Desk } from './call_tool.ts'
import { withDeadline } from './deadline.ts'
import { isDatabaseAway } from './fault.ts'

export type HttpCaller = { known: true; caller: Caller } | { known: false; tokenGiven: boolean }

/**
 * Who sends this request. While the database is away or hangs nobody can be told from anybody: the request goes on, and the
 * first thing that needs the principal answers SERVICE_UNAVAILABLE.
 */
export async function httpCaller(request: IncomingMessage, desk: Desk): Promise<HttpCaller> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return { known: false, tokenGiven: request.headers.authorization !== undefined }
  try {
    const looked = authenticateUse(desk, token)
    const principal = await withDeadline(looked, desk.callDeadlineMs)
    return principal ? { known: true, caller: () => principal } : { known: false, tokenGiven: true }
  } catch (error) {
    if (!isDatabaseAway(error) && !(error instanceof AdcpError)) throw error
    const caller: Caller = () => {
      throw error
    }
    return { known: true, caller }
  }
}
