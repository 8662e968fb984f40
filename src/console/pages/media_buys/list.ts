import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { MediaBuyStatus } from '../../../db/schema.ts'

/** What narrows the list; empty text is everything. */
export interface Wanted {
  q: string
  status: string
  buyer: string
}
export interface BuyLine {
  media_buy_id: string
  brand: string
  buyer: string
  sandbox: boolean
  status: MediaBuyStatus
  currency: string
  total_budget: string
  start_time: Date
  end_time: Date
  created_at: Date
  /** What it delivered so far, in its currency; null while nobody has counted. */
  spend: string | null
  /** An order of it cannot go on without a person. */
  stuck: boolean
}

/** One part of a publisher's media buys, the newest first, and how many there are in all. */
export async function readBuys(
  db: ReadDb,
  tenant_id: string,
  wanted: Wanted,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ buys: BuyLine[]; total: number }> {
  const found = selectBuys(db, tenant_id, wanted)
  const { total } = await found.select(sql<number>`count(*)::int`.as('total')).executeTakeFirstOrThrow()
  const buys = await found
    .select([
      'buy.media_buy_id',
      sql<string>`buy.brand ->> 'domain'`.as('brand'),
      'agent.name as buyer',
      'agent.sandbox',
      'buy.status',
      'buy.currency',
      'buy.total_budget',
      'buy.start_time',
      'buy.end_time',
      'buy.created_at',
      spend.as('spend'),
      stuck.as('stuck'),
    ])
    .orderBy('buy.created_at', 'desc')
    .orderBy('buy.media_buy_id', 'desc')
    .limit(limit)
    .offset(offset)
    .execute()
  return { buys, total }
}

/** Who has ever bought here, to choose from. */
export function selectBuyers(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('principals')
    .select(['principal_id as value', 'name as label'])
    .where('tenant_id', '=', tenant_id)
    .where('sandbox', '=', false)
    .orderBy('name')
}

function selectBuys(db: ReadDb, tenant_id: string, { q, status, buyer }: Wanted) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .where('buy.tenant_id', '=', tenant_id)
    .$if(status !== '', (query) => query.where(sql<boolean>`buy.status::text = ${status}`))
    .$if(buyer !== '', (query) => query.where('buy.principal_id', '=', buyer))
    .$if(q !== '', (query) => query.where(about(tenant_id, q)))
}

/** Whether a buy is called so, or is known by that id to us, to its buyer or to an ad server. */
function about(tenant_id: string, q: string) {
  const like = `%${q.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`)}%`
  return sql<boolean>`(
    concat_ws(' ', buy.brand ->> 'domain', buy.brand ->> 'name', account.name, agent.name, buy.po_number) ilike ${like}
    or buy.media_buy_id in (
      select ${q} union all
      select media_buy_id from media_packages where tenant_id = ${tenant_id} and package_id = ${q} union all
      select media_buy_id from ad_server_objects join adapter_configs using (connection_id)
        where tenant_id = ${tenant_id} and external_id = ${q} union all
      select media_buy_id from workflow_steps where tenant_id = ${tenant_id} and (task_id = ${q} or workflow_step_id = ${q})))`
}

const spend = sql<string | null>`(
  select sum(d.spend)::text from package_delivery d where d.media_buy_id = buy.media_buy_id)`

const stuck = sql<boolean>`exists (
  select from workflow_steps w where w.media_buy_id = buy.media_buy_id and w.kind = 'needs_human' and w.status = 'pending')`
