import type { ServerResponse } from 'node:http'
import { AdcpError } from '../adcp/error.ts'
import { shared } from '../monitoring/shared.ts'
import { selectPublicKeys } from '../queries/webhooks.ts'
import type { Desk } from './call_tool.ts'
import { withDeadline } from './deadline.ts'
import { isDatabaseAway } from './fault.ts'
import { answerJson } from './http_answer.ts'

export type OpenAnswers = ReturnType<typeof createOpenAnswers>
interface Named {
  /** Where agents reach us; undefined where they address this server itself. */
  publicUrl: string | undefined
  requestSigning: boolean
}
/** Whoever watches the desk wants to hear soon that it hangs. */
const HEALTH_DEADLINE_MS = 5000

/** What is told to anybody who asks, without a token. However many ask at once, PostgreSQL is asked one thing of each kind at a time. */
export function createOpenAnswers(desk: Desk, { publicUrl, requestSigning }: Named) {
  const anything = shared(0, () => {
    const row = desk.readDb.selectFrom('tenants').select('tenant_id').limit(1).execute()
    return withDeadline(row, Math.min(HEALTH_DEADLINE_MS, desk.callDeadlineMs))
  })
  const publicKeys = shared(0, () =>
    withDeadline(selectPublicKeys(desk.readDb, desk.clock()).execute(), desk.callDeadlineMs),
  )
  return {
    async health(response: ServerResponse) {
      try {
        await anything()
        answerJson(response, 200, { status: 'ok' })
      } catch (error) {
        if (!isDatabaseAway(error) && !(error instanceof AdcpError)) throw error
        answerJson(response, 503, { status: 'database away' }, { 'retry-after': '5' })
      }
    },
    /** The keys that prove a webhook is ours; short-lived in caches, because a key that got out must be gone soon. */
    async keys(response: ServerResponse) {
      const keys = (await publicKeys()).map(({ public_jwk }) => public_jwk)
      answerJson(response, 200, { keys }, { 'cache-control': 'public, max-age=60' })
    },
    /** Whose keys they are (AdCP brand.json). Only where agents reach us over https, which it insists on; otherwise false. */
    brand(response: ServerResponse): boolean {
      if (!publicUrl?.startsWith('https:')) return false
      const jwks_uri = `${publicUrl}/.well-known/jwks.json`
      const agent = (path: string, id: string) => ({
        type: 'sales',
        url: `${publicUrl}/${path}`,
        id,
        jwks_uri,
      })
      const strict = requestSigning ? [agent('mcp-strict', 'salesdesk_strict')] : []
      const agents = [agent('mcp', 'salesdesk'), ...strict]
      answerJson(response, 200, { version: '1.0', agents }, { 'cache-control': 'public, max-age=3600' })
      return true
    },
  }
}
