import type { BlockAction, SlackViewAction, webApi } from '@slack/bolt'
import { toldMessage, toldModal } from '../blocks/modals.ts'

/** Somebody who clicked or answered, and where to tell them something that only they see. */
export interface Click {
  client: webApi.WebClient
  team_id: string
  slack_user_id: string
  /** Undefined for what comes from the app's home. */
  channel_id: string | undefined
  trigger_id: string
  value: string
}

export function clickOf(body: BlockAction | SlackViewAction, client: webApi.WebClient, value: string): Click {
  const channel_id = 'channel' in body ? body.channel.id : undefined
  const trigger_id = (body as { trigger_id?: string }).trigger_id ?? ''
  return { client, team_id: body.team?.id ?? '', slack_user_id: body.user.id, channel_id, trigger_id, value }
}

/** Tells whoever clicked, and nobody else. */
export async function tell({ client, channel_id, slack_user_id, trigger_id }: Click, said: string) {
  if (channel_id !== undefined)
    await client.chat.postEphemeral({ channel: channel_id, user: slack_user_id, ...toldMessage(said) })
  else await client.views.open({ trigger_id, view: toldModal('Salesdesk', said) })
}
