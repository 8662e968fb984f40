import type { IncomingMessage } from 'node:http'
import { AdcpError } from '../adcp/error.ts'
import { authenticateUse } from './authenticate.ts'
import type { Caller, Desk } from './call_tool.ts'
import { withDeadline } from './deadline.ts'
import { isDatabaseAway } from './fault.ts'
import type { Refusal } from './http_answer.ts'
import { tokenCaller } from './oauth/token_caller.ts'
import { isJwt } from './oauth/verify_token.ts'
import { unauthorized } from './unauthorized.ts'
import type { Principal } from '../tools/define-tool.ts'

export type HttpCaller =
  | { known: true; caller: Caller }
  /** `refusal` is the answer, unless this may be somebody without a token who asks what is for everybody. */
  | { known: false; perhapsStranger: boolean; refusal: Refusal }

/**
 * Who sends this request. While the database is away or hangs nobody can be told from anybody: the request goes on, and the
 * first thing that needs the principal answers SERVICE_UNAVAILABLE.
 */
export async function httpCaller(request: IncomingMessage, desk: Desk): Promise<HttpCaller> {
  const token = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  const over = desk.limits?.refusal(request, token)
  if (over) return refused(over)
  if (token === undefined) {
    const tooMany = await desk.limits?.countStranger(request)
    const tokenGiven = request.headers.authorization !== undefined
    return tooMany ? refused(tooMany) : refused(unauthorized(tokenGiven, desk.oauth), !tokenGiven)
  }
  try {
    const found = await withDeadline(callerOf(desk, token), desk.callDeadlineMs)
    if ('problem' in found) return refused((await desk.limits?.countStranger(request)) ?? found)
    await desk.limits?.countBuyer(found, token)
    return { known: true, caller: () => found }
  } catch (error) {
    if (!isDatabaseAway(error) && !(error instanceof AdcpError)) throw error
    const caller: Caller = () => {
      throw error
    }
    return { known: true, caller }
  }
}

const refused = (refusal: Refusal, perhapsStranger = false): HttpCaller => ({
  known: false,
  perhapsStranger,
  refusal,
})

/** By an access token of the authorization server whose tokens are taken, or by a token of the desk's own. */
async function callerOf(desk: Desk, token: string): Promise<Principal | Refusal> {
  if (desk.oauth && isJwt(token)) return tokenCaller(desk, token, desk.oauth)
  return (await authenticateUse(desk, token)) ?? unauthorized(true, desk.oauth)
}
