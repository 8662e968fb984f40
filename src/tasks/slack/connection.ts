import type { Db } from '../../db/database.ts'
import type { Seal } from '../../seal.ts'
import { about, type SealedColumn } from '../../sealed_columns.ts'
import type { SlackSending } from '../define-task.ts'
import { SlackFault } from './fault.ts'

/** How a publisher's people are reached, with what it takes to speak there. */
export type SlackConnection =
  | {
      way: 'own_token' | 'environment'
      token: string
      channel_id: string
      escalation_channel_id: string | null
    }
  /** Each goes to one channel. */
  | { way: 'incoming_webhook'; url: string; escalation_url: string | null }

/** Read anew each time, so that what was just set counts; undefined where a publisher has no Slack any more. @throws SlackFault */
export async function readSlackConnection(
  db: Db,
  tenant_id: string,
  { seal, botToken }: SlackSending,
): Promise<SlackConnection | undefined> {
  const row = await db
    .selectFrom('slack_connections')
    .selectAll()
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
  if (!row || row.uninstalled_at !== null) return undefined
  if (row.way === 'incoming_webhook')
    return {
      way: row.way,
      url: open(seal, 'webhook_url_sealed', row.webhook_url_sealed, tenant_id),
      escalation_url:
        row.escalation_webhook_url_sealed &&
        open(seal, 'escalation_webhook_url_sealed', row.escalation_webhook_url_sealed, tenant_id),
    }
  if (row.way === 'environment' && botToken === undefined)
    throw new SlackFault('connection', 'SLACK_BOT_TOKEN is not set for this worker')
  if (row.channel_id === null) throw new SlackFault('connection', 'no channel was chosen yet')
  return {
    way: row.way,
    token:
      row.way === 'environment'
        ? (botToken ?? '')
        : open(seal, 'bot_token_sealed', row.bot_token_sealed, tenant_id),
    channel_id: row.channel_id,
    escalation_channel_id: row.escalation_channel_id,
  }
}

function open(
  seal: Seal | undefined,
  column: SealedColumn,
  sealed: Buffer | null,
  tenant_id: string,
): string {
  try {
    if (seal && sealed) return seal.open(sealed, about(column, tenant_id))
  } catch (error) {
    if ((error as Error).name !== 'SealError') throw error
  }
  throw new SlackFault(
    'connection',
    'what is kept for Slack does not open with the encryption keys of this worker',
  )
}
