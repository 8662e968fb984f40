import type { Db } from '../../db/database.ts'
import { selectPublishers } from '../../queries/publishers.ts'
import type { Finding } from './checks.ts'

/** Publishers that were closed and not parted from their ad servers yet, a line each. */
export async function checkLeaving(db: Db): Promise<Finding[]> {
  const leaving = await selectPublishers(db)
    .where('t.closed_at', 'is not', null)
    .where('t.retired_at', 'is', null)
    .orderBy('t.tenant_id')
    .execute()
  return leaving.map(({ tenant_id, running, unsettled }) => ({
    ok: true,
    subject: 'leaving',
    text: `${tenant_id} is closed; ${running} media buys are not over, ${unsettled} orders not settled: run salesdesk tenants retire ${tenant_id} when none is left`,
  }))
}
