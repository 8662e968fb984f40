import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

export type RetiringOutcome = 'retired' | 'was_retired' | 'orders_stand' | 'not_closed'

/**
 * Parts a closed publisher from its ad servers and from Slack, and forgets their secrets; its books stay. Not while an order stands on
 * one of them: PostgreSQL refuses it.
 */
export async function retireTenant(
  db: Db,
  { tenant_id, by, now }: { tenant_id: string; by: Actor; now: Date },
): Promise<RetiringOutcome> {
  try {
    return await db.transaction().execute(async (trx) => {
      const tenant = await trx
        .selectFrom('tenants')
        .select(['closed_at', 'retired_at'])
        .where('tenant_id', '=', tenant_id)
        .forNoKeyUpdate()
        .executeTakeFirst()
      if (!tenant?.closed_at) return 'not_closed'
      if (tenant.retired_at) return 'was_retired'
      const connections = await partWithAdServers(trx, tenant_id, now)
      await trx.deleteFrom('slack_connections').where('tenant_id', '=', tenant_id).execute()
      await trx.updateTable('tenants').set({ retired_at: now }).where('tenant_id', '=', tenant_id).execute()
      const what = { action: 'retire_publisher', subject_kind: 'tenant', subject_id: tenant_id } as const
      await recordAudit(trx, by, { tenant_id, ...what, detail: { connections } })
      return 'retired'
    })
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'adapter_configs_orders_stand')
      return 'orders_stand'
    throw error
  }
}

/** Archived at the moment the publisher retired, by which they are known when it opens again. What was being read is read no further. */
async function partWithAdServers(trx: Trx, tenant_id: string, now: Date): Promise<number> {
  const { numUpdatedRows } = await trx
    .updateTable('adapter_configs')
    .set({ archived_at: now })
    .where('tenant_id', '=', tenant_id)
    .where('archived_at', 'is', null)
    .executeTakeFirst()
  await trx.deleteFrom('ad_server_secrets').where('tenant_id', '=', tenant_id).execute()
  const error = jsonb({ code: 'stopped', message: 'The publisher retired.' })
  await trx
    .updateTable('sync_jobs')
    .set({ state: 'failed', error, updated_at: now, finished_at: now, next_at: null })
    .where('tenant_id', '=', tenant_id)
    .where('finished_at', 'is', null)
    .execute()
  return Number(numUpdatedRows)
}
