import type { webApi } from '@slack/bolt'
import { mapSlackUser } from '../commands/slack/map_user.ts'
import { may } from '../rights.ts'
import type { SlackDesk } from './desk.ts'
import { isReached } from './reached.ts'

export interface Person {
  user_id: string
  name: string
  mayDecide: boolean
}
export interface Asking {
  client: webApi.WebClient
  team_id: string
  slack_user_id: string
}

/** Who of a publisher's people a Slack account is; undefined for strangers, and in workspaces that are not this publisher's. */
export async function readPerson(
  desk: SlackDesk,
  tenant_id: string,
  asking: Asking,
): Promise<Person | undefined> {
  if (!(await isReached(desk, tenant_id, asking.team_id))) return undefined
  const known = await selectMember(desk, tenant_id, asking.slack_user_id)
  if (known) return known
  if (!(await introduce(desk, tenant_id, asking))) return undefined
  return selectMember(desk, tenant_id, asking.slack_user_id)
}

async function selectMember(
  { db }: SlackDesk,
  tenant_id: string,
  slack_user_id: string,
): Promise<Person | undefined> {
  const row = await db
    .selectFrom('memberships as m')
    .innerJoin('users as u', 'u.user_id', 'm.user_id')
    .select(['u.user_id', 'u.name', 'm.role'])
    .where('m.tenant_id', '=', tenant_id)
    .where('m.slack_user_id', '=', slack_user_id)
    .executeTakeFirst()
  return row && { user_id: row.user_id, name: row.name, mayDecide: may(row.role, 'decide') }
}

/** One of the workspace's own people with the e-mail address of a member is that member, from now on. */
async function introduce(desk: SlackDesk, tenant_id: string, { client, team_id, slack_user_id }: Asking) {
  const { user } = await client.users.info({ user: slack_user_id })
  const email = user?.profile?.email
  if (!user || email === undefined || user.deleted || user.is_bot || user.is_stranger) return false
  if (user.team_id !== team_id || user.is_email_confirmed === false) return false
  const actor = { kind: 'operator', name: `Slack: ${email}` } as const
  const mapping = { tenant_id, email, slack_user_id, actor, unlessKnown: true }
  return (await mapSlackUser(desk.db, mapping)) === 'mapped'
}
