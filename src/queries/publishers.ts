import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** A publisher of this desk, and what keeps it from leaving. */
export interface Publisher {
  tenant_id: string
  name: string
  /** Since then nobody comes in. */
  closed_at: Date | null
  retired_at: Date | null
  /** Media buys that are not over, but for the sandbox. */
  running: number
  /** Orders whose ad server does not have them as they should be yet. */
  unsettled: number
}

export const selectPublishers = (db: ReadDb) =>
  db
    .selectFrom('tenants as t')
    .select(['t.tenant_id', 't.name', 't.closed_at', 't.retired_at'])
    .select([
      sql<number>`(select count(*)::int from media_buys b join accounts a using (account_id)
        where b.tenant_id = t.tenant_id and not a.sandbox and b.status not in ('completed', 'rejected', 'canceled'))`.as(
        'running',
      ),
      sql<number>`(select count(*)::int from fulfilments f
        where f.tenant_id = t.tenant_id and (f.state not in ('placed', 'refused', 'canceled')
          or f.state = 'placed' and f.desired_revision > f.planned_revision))`.as('unsettled'),
    ])
    .$castTo<Publisher>()
