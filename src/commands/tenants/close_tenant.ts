import { sql } from 'kysely'
import type { Db, Trx } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'
import { selectRunningBuys } from './running_buys.ts'

export interface Closing {
  tenant_id: string
  /** Close it although media buys run; they are ended one by one afterwards. */
  while_buys_run: boolean
  by: Actor
  now: Date
}
export type ClosingOutcome =
  | { type: 'closed' }
  | { type: 'was_closed' }
  | { type: 'buys_run'; running: number; last_end: Date }
  | { type: 'not_found' }

/**
 * Lets nobody in to a publisher any more: its buyers are archived, their tokens end for good, its people are signed out and invited no
 * longer, and nothing is installed in Slack for it. What was bought goes on. Nothing changes while media buys run, unless that is asked for.
 */
export async function closeTenant(db: Db, closing: Closing): Promise<ClosingOutcome> {
  return db.transaction().execute(async (trx) => {
    const { tenant_id, by, now } = closing
    const tenant = await trx
      .selectFrom('tenants')
      .select('closed_at')
      .where('tenant_id', '=', tenant_id)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!tenant) return { type: 'not_found' }
    if (tenant.closed_at) return { type: 'was_closed' }
    const buys = await selectRunningBuys(trx, tenant_id).execute()
    const last_end = buys.reduce((last, { end_time }) => (end_time > last ? end_time : last), new Date(0))
    if (buys.length > 0 && !closing.while_buys_run)
      return { type: 'buys_run', running: buys.length, last_end }
    const detail = {
      buyers: await shutOut(trx, tenant_id, now),
      tokens: await endTokens(trx, tenant_id, now),
      sessions: await signOut(trx, tenant_id),
      running: buys.length,
    }
    await trx.updateTable('tenants').set({ closed_at: now }).where('tenant_id', '=', tenant_id).execute()
    const what = { action: 'close_publisher', subject_kind: 'tenant', subject_id: tenant_id } as const
    await recordAudit(trx, by, { tenant_id, ...what, detail })
    return { type: 'closed' }
  })
}

/** Archived at the moment the publisher closed, by which they are known when it opens again. */
async function shutOut(trx: Trx, tenant_id: string, now: Date): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('principals')
    .set({ archived_at: now })
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

async function endTokens(trx: Trx, tenant_id: string, now: Date): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('principal_tokens')
    .set({ revoked_at: now })
    .where('revoked_at', 'is', null)
    .where('principal_id', 'in', (of) =>
      of.selectFrom('principals').select('principal_id').where('tenant_id', '=', tenant_id),
    )
    .executeTakeFirst()
  return Number(numUpdatedRows)
}

/** Of people who work for another publisher, too, only this one's pages go. */
async function signOut(trx: Trx, tenant_id: string): Promise<number> {
  await trx
    .deleteFrom('invitations')
    .where('tenant_id', '=', tenant_id)
    .where('accepted_at', 'is', null)
    .execute()
  await trx.deleteFrom('slack_installations').where('tenant_id', '=', tenant_id).execute()
  const { rows } = await sql`
    delete from console_sessions s using memberships m where m.tenant_id = ${tenant_id} and s.user_id = m.user_id
      and not exists (select from memberships other join tenants t using (tenant_id)
        where other.user_id = s.user_id and other.tenant_id <> ${tenant_id} and t.closed_at is null)
    returning 1`.execute(trx)
  return rows.length
}
