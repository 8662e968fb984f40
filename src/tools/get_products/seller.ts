import { sql } from 'kysely'
import type { Prepared } from '../../commands/proposals/read_draft.ts'
import { compiled } from '../../db/compiled.ts'
import type { ReadDb } from '../../db/database.ts'
import { whatIsClosed, type Closed } from '../../queries/on_sale.ts'
import type { ForecastPolicy } from './forecast.ts'

/** What an answer goes by besides the products. */
export interface Seller extends ForecastPolicy {
  currencies: string[]
  closed: Closed
  /** The plans it has prepared; null where it sells without plans. */
  prepared: Prepared[] | null
}

/** What a publisher sells by, in one question. @throws where there is no such tenant */
export async function readSeller(db: ReadDb, { tenant_id }: { tenant_id: string }): Promise<Seller> {
  const [seller] = await selectSeller(db, { tenant_id })
  if (!seller) throw new Error(`there is no tenant ${tenant_id}`)
  return seller
}

const selectSeller = compiled((db, { tenant_id }: { tenant_id: string }) =>
  db
    .selectFrom('tenants as t')
    .select(['currencies', 'forecast_max_age_hours', 'stale_forecast'])
    .select([
      whatIsClosed({ tenant_id }).as('closed'),
      sql<Seller['capabilities']>`(select coalesce(json_object_agg(connection_id, capabilities), '{}')
        from adapter_configs where tenant_id = t.tenant_id and archived_at is null)`.as('capabilities'),
      sql<Prepared[] | null>`case when sells_proposals then (select coalesce(json_agg(one), '[]') from (
        select proposal_id, name, description, allocations from prepared_proposals
        where tenant_id = t.tenant_id and archived_at is null order by proposal_id) one) end`.as('prepared'),
    ])
    .where('tenant_id', '=', tenant_id),
)
