import { sql } from 'kysely'
import { about } from '../sealed_columns.ts'
import type { SlackDesk } from './desk.ts'

/** The token of a workspace that a publisher is connected to, of this app if several are. @throws where there is none */
export async function authorize({ readDb, seal, botToken }: SlackDesk, team_id: string, app_id: string) {
  const row = await readDb
    .selectFrom('slack_connections')
    .select(['tenant_id', 'way', 'bot_token_sealed'])
    .where('team_id', '=', team_id)
    .where('uninstalled_at', 'is', null)
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
