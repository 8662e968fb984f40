import type { ReceiverEvent } from '@slack/bolt'
import { toldModal } from '../blocks/modals.ts'

/** Slack takes what nobody acknowledges within three seconds for failed. */
const PATIENCE_MS = 2000
const slow = 'This takes longer than usual. The message will show whether it was done.'

/** The same event, acknowledged in time however slow the database is; what is done about it goes on, and a later word is too late. */
export function inTime(event: ReceiverEvent): ReceiverEvent {
  let acknowledged = false
  const ack: ReceiverEvent['ack'] = async (answer) => {
    clearTimeout(late)
    if (acknowledged) return
    acknowledged = true
    await event.ack(answer)
  }
  const asks = (event.body as { type?: string }).type === 'view_submission'
  const late = setTimeout(() => {
    // a connection that broke meanwhile; Slack then sends it again, or says so
    ack(asks ? { response_action: 'update', view: toldModal('Salesdesk', slow) } : undefined).catch(() => {})
  }, PATIENCE_MS)
  return { ...event, ack }
}
