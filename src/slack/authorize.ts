import { sql } from 'kysely'
import { about } from '../sealed_columns.ts'
import type { SlackDesk } from './desk.ts'
import { selectReached } from './reached.ts'

/** The token of a workspace that a publisher is connected to, of this app if several are. @throws where there is none */
export async function authorize(desk: SlackDesk, team_id: string, app_id: string) {
  const { seal, botToken } = desk
  const row = await selectReached(desk, team_id)
    .select(['tenant_id', 'way', 'bot_token_sealed'])
    .orderBy(sql`app_id is not distinct from ${app_id}`, 'desc')
    .orderBy('connected_at', 'desc')
    .executeTakeFirst()
  if (!row) throw new Error('no publisher is connected to this workspace')
  const token =
    row.way === 'own_token' && row.bot_token_sealed
      ? seal?.open(row.bot_token_sealed, about('bot_token_sealed', row.tenant_id))
      : botToken
  if (token === undefined) throw new Error('there is no token for this workspace in this process')
  return { botToken: token, teamId: team_id }
}
