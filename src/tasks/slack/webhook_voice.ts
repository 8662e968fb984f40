import type { Message } from '../../blocks/block.ts'
import { linksOnly } from '../../blocks/links_only.ts'
import type { SlackConnection } from './connection.ts'
import { faultOf, faultOfCode, SlackFault } from './fault.ts'

const DEADLINE_MS = 15_000
const MOST_READ = 200

type Webhooks = Extract<SlackConnection, { way: 'incoming_webhook' }>

/** What can be said by incoming webhooks (a Voice): new messages, each without buttons. */
export function webhookVoice({ url: main, escalation_url }: Webhooks, fetch: typeof globalThis.fetch) {
  return {
    async post(message: Message, { channel_id }: { channel_id: string }) {
      const url = channel_id === 'escalation' ? (escalation_url ?? main) : main
      const response = await fetch(url, {
        method: 'POST',
        redirect: 'error',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(linksOnly(message)),
        signal: AbortSignal.timeout(DEADLINE_MS),
      }).catch((error: unknown) => Promise.reject(faultOf(error)))
      if (!response.ok) throw await refusalIn(response)
      await response.body?.cancel()
      return undefined
    },
    update: () => Promise.resolve(),
    find: () => Promise.resolve(undefined),
  }
}

async function refusalIn(response: Response): Promise<SlackFault> {
  const said = await beginning(response)
  if (response.status === 429)
    return new SlackFault('later', 'rate_limited', {
      retry_after_ms: (Number(response.headers.get('retry-after')) || 30) * 1000,
    })
  if (response.status >= 500) return new SlackFault('later', `http_${response.status}`)
  return faultOfCode(said === '' ? `http_${response.status}` : said)
}

/** Slack says why in a word; whoever says more is not read to the end. */
async function beginning(response: Response): Promise<string> {
  let said = ''
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    said += Buffer.from(chunk).toString('utf8')
    if (said.length >= MOST_READ) break
  }
  return said.slice(0, MOST_READ)
}
