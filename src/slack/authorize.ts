import { sql } from 'kysely'
import { about } from '../sealed_columns.ts'
import type { SlackDesk } from './desk.ts'
import { selectConnected, sells } from './reached.ts'

/**
 * The token of a workspace that a publisher is connected to, of this app if several are; `reached` is false where none of them sells
 * here, see refuse.ts. @throws where this process has no token for it
 */
export async function authorize(desk: SlackDesk, teamId: string, app_id: string) {
  const { seal, botToken } = desk
  const row = await selectConnected(desk, teamId)
    .select(['tenant_id', 'way', 'bot_token_sealed', sells.as('sells')])
    .orderBy(sells, 'desc')
    .orderBy(sql`app_id is not distinct from ${app_id}`, 'desc')
    .orderBy('connected_at', 'desc')
    .executeTakeFirst()
  if (!row) return { teamId, reached: false }
  const token =
    row.way === 'own_token' && row.bot_token_sealed
      ? seal?.open(row.bot_token_sealed, about('bot_token_sealed', row.tenant_id))
      : botToken
  if (token === undefined) throw new Error('there is no token for this workspace in this process')
  return { teamId, reached: row.sells, botToken: token }
}
