import type { Db } from '../../db/database.ts'
import type { Log } from '../../log.ts'
import { compose, type Composed, type WaitingNotice } from './compose.ts'
import type { SlackConnection } from './connection.ts'
import { faultOf, type SlackFault } from './fault.ts'
import type { Destination, Posted, Voice } from './voice.ts'
import { setTried, settlePost } from './waiting.ts'

interface Telling {
  db: Db
  connection: SlackConnection
  voice: Voice
  console: string | undefined
  clock: () => Date
  log: Log
}

/**
 * Tells Slack of one notice. A message that may have arrived when an earlier try was cut off is looked for before it is posted
 * again; changing a message twice does no harm. What Slack will never take is given up. @throws SlackFault where it has to wait
 */
export async function tellOne(telling: Telling, notice: WaitingNotice): Promise<void> {
  const { db, connection, console, clock, log } = telling
  const composed = await compose(db, notice, console, connection.way !== 'incoming_webhook')
  try {
    await update(telling, composed)
    const posted = await post(telling, notice, composed)
    await settlePost(db, notice.notice_id, { posted }, clock())
  } catch (error) {
    const fault = faultOf(error)
    if (fault.type !== 'message') throw error
    log.error({ notice_id: notice.notice_id, code: fault.code }, 'Slack does not take this message')
    await settlePost(db, notice.notice_id, { given_up: fault.code }, clock())
  }
}

/** A message that is gone, or in a channel we were thrown out of, needs no change any more. */
const gone = [
  'message_not_found',
  'channel_not_found',
  'cant_update_message',
  'edit_window_closed',
  'is_inactive',
]

async function update({ voice, log, connection }: Telling, { updates }: Composed) {
  if (!updates) return
  for (const where of updates.where)
    await voice.update(updates.message, where).catch((error: unknown) => {
      const { code, type } = faultOf(error)
      // where nobody is told any more, whatever is wrong there must hold up nothing
      const left = type === 'connection' && !isTold(connection, where)
      if (!gone.includes(code) && !left) throw error
      log.info({ ...where, code }, 'a message in Slack could not be changed')
    })
}

async function post(
  telling: Telling,
  notice: WaitingNotice,
  { post }: Composed,
): Promise<Posted | undefined> {
  if (!post) return undefined
  const { db, connection, voice, clock } = telling
  const { notice_id, tenant_id, tried_at } = notice
  const channel_id = channelOf(connection, post.to)
  // a thread is in one channel, and another may have been chosen since
  const below = post.below?.channel_id === channel_id ? post.below : undefined
  const to: Destination = { channel_id, mark: { tenant_id, notice_id }, below }
  const earlier = tried_at && (await findIfAllowed(voice, to, tried_at))
  if (earlier) return earlier
  await setTried(db, notice_id, tried_at ?? clock())
  try {
    return await voice.post(post.message, to)
  } catch (error) {
    const fault = faultOf(error)
    // an answer that says no says that it was not posted
    if (!fault.in_doubt && tried_at === null) await setTried(db, notice_id, null)
    throw fault
  }
}

/** Without leave to look, a message twice is better than none. */
async function findIfAllowed(voice: Voice, to: Destination, since: Date): Promise<Posted | undefined> {
  return voice.find(to, since).catch((error: unknown) => {
    const fault: SlackFault = faultOf(error)
    if (fault.type === 'connection') return undefined
    throw fault
  })
}

function isTold(connection: SlackConnection, { channel_id }: Posted): boolean {
  if (connection.way === 'incoming_webhook') return false
  return [connection.channel_id, connection.escalation_channel_id].includes(channel_id)
}

function channelOf(connection: SlackConnection, to: 'channel' | 'escalation'): string {
  if (connection.way === 'incoming_webhook') return to
  const { channel_id, escalation_channel_id } = connection
  return to === 'escalation' ? (escalation_channel_id ?? channel_id) : channel_id
}
