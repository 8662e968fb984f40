import type { IncomingMessage } from 'node:http'
import type { ReadDb } from '../db/database.ts'
import { authenticate } from './authenticate.ts'
import type { Caller } from './call_tool.ts'
import { isDatabaseAway } from './fault.ts'

export type HttpCaller =
  { known: true; caller: Caller; principal_id: string | undefined } | { known: false; tokenGiven: boolean }

/**
 * Who sends this request. While the database is away nobody can be told from anybody: the request goes on, and the first
 * thing that needs the principal answers SERVICE_UNAVAILABLE.
 */
export async function httpCaller(request: IncomingMessage, db: ReadDb, now: Date): Promise<HttpCaller> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  if (token === undefined) return { known: false, tokenGiven: request.headers.authorization !== undefined }
  try {
    const principal = await authenticate(db, token, now)
    if (!principal) return { known: false, tokenGiven: true }
    return { known: true, caller: () => principal, principal_id: principal.principal_id }
  } catch (error) {
    if (!isDatabaseAway(error)) throw error
    const caller: Caller = () => {
      throw error as Error
    }
    return { known: true, caller, principal_id: undefined }
  }
}
