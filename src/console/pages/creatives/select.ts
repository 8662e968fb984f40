import { sql } from 'kysely'
import type { FormatNeeds, Assets } from '../../../adcp/creative_fit.ts'
import type { ReadDb } from '../../../db/database.ts'
import type { CreativeStatus } from '../../../db/schema.ts'
import { goesOn } from '../../../queries/creatives.ts'

export interface Wanted {
  tenant_id: string
  q?: string | undefined
  status?: string | undefined
}

/** Creatives of the publisher's buyers, each with its buyer, its format and on how many packages it is that are not over. */
export function selectCreatives(db: ReadDb, { tenant_id, q, status }: Wanted) {
  return db
    .selectFrom('creatives as c')
    .innerJoin('principals as agent', 'agent.principal_id', 'c.principal_id')
    .innerJoin('accounts as account', 'account.account_id', 'c.account_id')
    .innerJoin('creative_formats as format', (join) =>
      join
        .onRef('format.tenant_id', '=', 'c.tenant_id')
        .onRef('format.agent_url', '=', 'c.agent_url')
        .onRef('format.format_id', '=', 'c.format_id'),
    )
    .where('c.tenant_id', '=', tenant_id)
    .$if(status !== undefined, (rows) => rows.where(sql<boolean>`c.status::text = ${status ?? ''}`))
    .$if(q !== undefined, (rows) =>
      rows.where(
        sql<boolean>`strpos(lower(c.name || ' ' || c.creative_id || ' ' || agent.name || ' ' || account.name), lower(${q ?? ''})) > 0`,
      ),
    )
}

/** The columns of a list of them. */
export const listedColumns = [
  'c.principal_id',
  'c.creative_id',
  'c.name',
  'c.status',
  'c.created_at',
  'c.updated_at',
  'c.reviewed_by',
  'c.reviewed_at',
  'c.rejection_reason',
  'c.format_id',
  'agent.name as agent',
  'agent.sandbox',
  'account.name as account',
  'format.name as format',
  sql<Assets>`c.assets`.as('assets'),
  sql<FormatNeeds['assets']>`format.definition->'assets'`.as('needs'),
  sql<number>`(select count(*)::int from creative_assignments a join media_packages p using (package_id)
    join media_buys buy using (media_buy_id) where (a.principal_id, a.creative_id) = (c.principal_id, c.creative_id)
    and ${goesOn})`.as('packages'),
] as const

export interface Listed {
  principal_id: string
  creative_id: string
  name: string
  status: CreativeStatus
  created_at: Date
  updated_at: Date
  reviewed_by: string | null
  reviewed_at: Date | null
  rejection_reason: string | null
  format_id: string
  agent: string
  sandbox: boolean
  account: string
  format: string
  assets: Assets
  needs: FormatNeeds['assets']
  packages: number
}

interface Named {
  tenant_id: string
  principal_id: string
  creative_id: string
}

/** The packages it is on, those that go on first. */
export const selectAssignments = (db: ReadDb, { principal_id, creative_id }: Named) =>
  db
    .selectFrom('creative_assignments as a')
    .innerJoin('media_packages as p', 'p.package_id', 'a.package_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .innerJoin('products as product', (join) =>
      join.onRef('product.tenant_id', '=', 'buy.tenant_id').onRef('product.product_id', '=', 'p.product_id'),
    )
    .select([
      'p.package_id',
      'p.start_time',
      'p.end_time',
      'p.canceled',
      'a.weight',
      'product.name as product',
    ])
    .select(['buy.media_buy_id', 'buy.status', sql<string>`buy.brand->>'domain'`.as('brand')])
    .where('a.principal_id', '=', principal_id)
    .where('a.creative_id', '=', creative_id)
    .orderBy(goesOn, 'desc')
    .orderBy('p.start_time')
    .limit(100)

/** What was done for it on ad servers, the latest first: uploads with the ids it has there, and what went wrong. */
export const selectUploads = (db: ReadDb, { tenant_id, principal_id, creative_id }: Named) =>
  db
    .selectFrom('fulfilment_steps as step')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'step.fulfilment_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'f.media_buy_id')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'step.connection_id')
    .select(['step.state', 'step.external_ids', 'step.done_at', 'step.last_error', 'step.first_tried_at'])
    .select(['connection.name as connection', 'f.media_buy_id'])
    .where('f.tenant_id', '=', tenant_id)
    .where('buy.principal_id', '=', principal_id)
    .where(
      sql<boolean>`step.effects @> ${JSON.stringify([{ type: 'uploaded', creative: { creative_id } }])}::jsonb`,
    )
    .orderBy(sql`step.first_tried_at desc nulls last`)
    .limit(20)

export interface Happened {
  at: Date
  who: string
  what: string
  why: string | null
}

/** What became of it, the latest first: what people decided, and what ad servers refused. */
export async function readHistory(
  db: ReadDb,
  { tenant_id, principal_id, creative_id }: Named,
): Promise<Happened[]> {
  const rows = sql<Happened>`(
    select at, actor as who, case action when 'approve' then 'approved it' when 'reject' then 'rejected it' else action end as what,
      detail->>'reason' as why
    from audit_log where tenant_id = ${tenant_id} and subject_kind = 'creative' and subject_id = ${creative_id}
      and detail->>'principal_id' = ${principal_id}
    union all
    select event.at, 'The ad server', 'refused it for ' || event.media_buy_id, event.detail->>'summary'
    from media_buy_events event join media_buys buy using (media_buy_id)
    where event.tenant_id = ${tenant_id} and buy.principal_id = ${principal_id} and event.action = 'creative_rejected'
      and event.detail->>'creative_id' = ${creative_id})`
  return db.selectFrom(rows.as('happened')).selectAll().orderBy('at', 'desc').limit(50).execute()
}
