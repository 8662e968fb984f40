import type { WebClient } from '@slack/web-api'
import type { Message } from '../../blocks/block.ts'
import type { SlackSending } from '../define-task.ts'
import { faultOf, SlackFault } from './fault.ts'
import type { SlackConnection } from './connection.ts'
import { webhookVoice } from './webhook_voice.ts'

/** A message in Slack. */
export interface Posted {
  channel_id: string
  ts: string
}
/** Where a message goes, and what it is about: a message with the same mark is the same message. */
export interface Destination {
  /** Of an incoming webhook: `channel` or `escalation`. */
  channel_id: string
  mark: { tenant_id: string; notice_id: string }
  /** Said below this message, and shown in the channel too. */
  below?: Posted | undefined
}
/** What can be said in a workspace. Each call throws a SlackFault. */
export interface Voice {
  /** Returns nothing where messages cannot be changed afterwards. */
  post(message: Message, to: Destination): Promise<Posted | undefined>
  update(message: Message, where: Posted): Promise<void>
  /** The message posted with this mark since `since`, as far as one may look. */
  find(to: Destination, since: Date): Promise<Posted | undefined>
}

const EVENT = 'salesdesk_notice'
const DEADLINE_MS = 15_000
/** Clocks differ. */
const OVERLAP_MS = 5 * 60_000
const LOOKED_THROUGH = 200

/** As the connection allows: an app, or an incoming webhook, which can only post. */
export async function voiceOf(
  connection: SlackConnection,
  { apiUrl, fetch }: Pick<SlackSending, 'apiUrl' | 'fetch'>,
): Promise<Voice> {
  if (connection.way === 'incoming_webhook') return webhookVoice(connection, fetch)
  // takes a second to load, and most desks have no Slack
  const { WebClient, LogLevel } = await import('@slack/web-api')
  return appVoice(
    new WebClient(connection.token, {
      slackApiUrl: apiUrl,
      allowAbsoluteUrls: false,
      // the queue tries again, and keeps the order
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      timeout: DEADLINE_MS,
      logLevel: LogLevel.ERROR,
    }),
  )
}

/** Slack makes no link, mention, bold or preview of what stands in the sentence beside the blocks. */
const asWritten = { parse: 'none', link_names: false, unfurl_links: false, unfurl_media: false } as const

function appVoice(client: WebClient): Voice {
  const call = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => Promise.reject(faultOf(error)))
  return {
    async post({ text, blocks }, { channel_id, mark, below }) {
      const metadata = { event_type: EVENT, event_payload: { ...mark } }
      const said = { channel: channel_id, text, blocks, metadata, ...asWritten, mrkdwn: false }
      const { channel, ts } = await call(
        client.chat.postMessage(below ? { ...said, thread_ts: below.ts, reply_broadcast: true } : said),
      )
      if (channel === undefined || ts === undefined)
        throw new SlackFault('later', 'no_ts', { in_doubt: true })
      return { channel_id: channel, ts }
    },
    async update({ text, blocks }, { channel_id, ts }) {
      await call(
        client.chat.update({ channel: channel_id, ts, text, blocks, parse: 'none', link_names: false }),
      )
    },
    async find({ channel_id, mark, below }, since) {
      const oldest = String((since.getTime() - OVERLAP_MS) / 1000)
      const look = { channel: channel_id, oldest, limit: LOOKED_THROUGH, include_all_metadata: true }
      const found = below
        ? client.conversations.replies({ ...look, ts: below.ts })
        : client.conversations.history(look)
      const { messages = [] } = await call(found)
      const message = messages.find(({ metadata }) => {
        const payload = metadata?.event_payload as Partial<Destination['mark']> | undefined
        return (
          metadata?.event_type === EVENT &&
          payload?.notice_id === mark.notice_id &&
          payload.tenant_id === mark.tenant_id
        )
      })
      return message?.ts === undefined ? undefined : { channel_id, ts: message.ts }
    },
  }
}
