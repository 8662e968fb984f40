import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

export interface Mapping {
  tenant_id: string
  email: string
  slack_user_id: string
  actor: Actor
  /** Leave one who is known by another Slack account as it is. */
  unlessKnown?: boolean
}
export type MappingOutcome = 'mapped' | 'no_such_member' | 'known_by_another'

/** Keeps which Slack account a publisher's person has. A Slack account stands for one person at most. */
export async function mapSlackUser(db: Db, mapping: Mapping): Promise<MappingOutcome> {
  const { tenant_id, slack_user_id, actor, unlessKnown = false } = mapping
  return db.transaction().execute(async (trx) => {
    const member = await trx
      .selectFrom('memberships as m')
      .innerJoin('users as u', 'u.user_id', 'm.user_id')
      .select(['m.user_id', 'm.slack_user_id'])
      .where('m.tenant_id', '=', tenant_id)
      .where('u.email', '=', mapping.email.toLowerCase())
      .forUpdate('m')
      .executeTakeFirst()
    if (!member) return 'no_such_member'
    if (member.slack_user_id === slack_user_id) return 'mapped'
    if (unlessKnown && member.slack_user_id !== null) return 'known_by_another'
    const of = trx.updateTable('memberships').where('tenant_id', '=', tenant_id)
    await of.set({ slack_user_id: null }).where('slack_user_id', '=', slack_user_id).execute()
    await of.set({ slack_user_id }).where('user_id', '=', member.user_id).execute()
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'map_slack_user',
      subject_kind: 'user',
      subject_id: member.user_id,
      detail: { slack_user_id },
    })
    return 'mapped'
  })
}
