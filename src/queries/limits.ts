import { sql } from 'kysely'
import { compiled } from '../db/compiled.ts'
import type { ReadDb, Trx } from '../db/database.ts'

/** What a buyer may spend at once and for how long ahead: the publisher's limits, and its own where that is lower. */
export async function readLimits(db: ReadDb | Trx, { tenant_id, principal_id }: Buyer) {
  const [limits] = await selectLimits(db, { tenant_id, principal_id })
  if (!limits) throw new Error(`${principal_id} is no buyer of ${tenant_id}`)
  return limits
}

interface Buyer {
  tenant_id: string
  principal_id: string
}

const selectLimits = compiled((db, { tenant_id, principal_id }: Buyer) =>
  db
    .selectFrom('tenants as t')
    .innerJoin('principals as p', 'p.tenant_id', 't.tenant_id')
    .select(['t.max_package_budget', 't.max_flight_days'])
    .select(
      sql<string | null>`least(t.max_media_buy_budget, p.max_media_buy_budget)`.as('max_media_buy_budget'),
    )
    .where('t.tenant_id', '=', tenant_id)
    .where('p.principal_id', '=', principal_id),
)
