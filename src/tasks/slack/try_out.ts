import type { Message } from '../../blocks/block.ts'
import { lines } from '../../blocks/words.ts'
import type { Db } from '../../db/database.ts'
import type { SlackSending } from '../define-task.ts'
import { readSlackConnection } from './connection.ts'
import { faultOf } from './fault.ts'
import { voiceOf } from './voice.ts'

/** A place a message was posted to as a test, and what came of it. */
export interface TriedOut {
  channel_id: string
  /** As slack_connections.last_error would keep it; undefined where it arrived. */
  fault?: string
}

/** Posts a test message wherever a publisher's people are told; undefined where it has no Slack. */
export async function tryOut(
  db: Db,
  { tenant_id, by }: { tenant_id: string; by: string },
  sending: SlackSending,
): Promise<TriedOut[] | undefined> {
  try {
    const connection = await readSlackConnection(db, tenant_id, sending)
    if (!connection) return undefined
    const voice = await voiceOf(connection, sending)
    const channels =
      connection.way === 'incoming_webhook'
        ? ['channel', ...(connection.escalation_url === null ? [] : ['escalation'])]
        : [...new Set([connection.channel_id, connection.escalation_channel_id ?? connection.channel_id])]
    const tried: TriedOut[] = []
    for (const channel_id of channels) {
      const to = { channel_id, mark: { tenant_id, notice_id: 'test' } }
      const fault = await voice.post(testMessage(by), to).then(() => undefined, faultOf)
      tried.push({ channel_id, ...(fault && { fault: fault.code }) })
    }
    return tried
  } catch (error) {
    return [{ channel_id: 'Slack', fault: faultOf(error).code }]
  }
}

const testMessage = (by: string): Message => ({
  text: 'A test of Salesdesk',
  blocks: [lines(`A test of Salesdesk, by ${by}. Here you are told what waits for you.`)],
})
