import type { Db } from '../../db/database.ts'
import { may } from '../../rights.ts'
import { hashToken, newToken } from '../../tokens.ts'

const MINUTES = 15

export interface Installer {
  tenant_id: string
  /** Who of the publisher's people asked; undefined: somebody at the machine itself. */
  user_id?: string
  begun_by: string
}

/**
 * Where one installs the app to a workspace for a publisher, as a path with what lets its holder do so once, within fifteen minutes.
 * That whoever asks may administer was looked at by the caller; it is looked at again when Slack answers.
 */
export async function beginInstallation(db: Db, installer: Installer, now: Date): Promise<string> {
  const link = newToken('')
  await db.transaction().execute(async (trx) => {
    await trx.deleteFrom('slack_installations').where('expires_at', '<', now).execute()
    const expires_at = new Date(now.getTime() + MINUTES * 60_000)
    await trx
      .insertInto('slack_installations')
      .values({ link_hash: hashToken(link), expires_at, ...installer })
      .execute()
  })
  return `/slack/install?link=${link}`
}

/** Opens a link: what Slack is to send back, or undefined where the link was opened before, is too old or never was. */
export async function openInstallation(db: Db, link: string, now: Date): Promise<string | undefined> {
  const state = newToken('')
  const opened = await db
    .updateTable('slack_installations')
    .set({ state_hash: hashToken(state) })
    .where('link_hash', '=', hashToken(link))
    .where('state_hash', 'is', null)
    .where('expires_at', '>', now)
    .returning('tenant_id')
    .executeTakeFirst()
  return opened && state
}

/** Whose installation Slack answers, once; undefined for what is too old, was answered, or was begun by somebody who may no longer. */
export async function takeInstallation(db: Db, state: string, now: Date): Promise<Installer | undefined> {
  const taken = await db
    .updateTable('slack_installations')
    .set({ taken_at: now })
    .where('state_hash', '=', hashToken(state))
    .where('taken_at', 'is', null)
    .where('expires_at', '>', now)
    .returning(['tenant_id', 'user_id', 'begun_by'])
    .executeTakeFirst()
  if (!taken) return undefined
  const { user_id, ...rest } = taken
  if (user_id === null) return rest
  const member = await db
    .selectFrom('memberships')
    .select('role')
    .where('tenant_id', '=', rest.tenant_id)
    .where('user_id', '=', user_id)
    .executeTakeFirst()
  return member && may(member.role, 'administer') ? { ...rest, user_id } : undefined
}
