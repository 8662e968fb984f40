import { sql } from 'kysely'
import type { ReadDb, Trx } from '../db/database.ts'
import type { CreativeStatus } from '../db/schema.ts'

export type AskedOfPeople = NonNullable<
  Awaited<ReturnType<ReturnType<typeof selectQuestions>['executeTakeFirst']>>
>

/** What people were asked about orders that could not go on, open or answered; narrow it to those wanted. */
export function selectQuestions(db: ReadDb | Trx, tenant_id: string) {
  return db
    .selectFrom('workflow_steps as w')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'w.fulfilment_id')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'w.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .leftJoin('fulfilment_steps as step', 'step.fulfilment_step_id', 'w.fulfilment_step_id')
    .select([
      'w.tenant_id',
      'w.workflow_step_id',
      'w.media_buy_id',
      'w.status',
      'w.title',
      'w.suggested_action',
      'w.decided_by',
      'w.reason',
      'w.created_at',
      'connection.name as connection',
      'agent.name as agent',
      sql<string>`buy.brand->>'domain'`.as('brand_domain'),
      'step.fulfilment_step_id',
      'step.kind as step_kind',
    ])
    .where('w.tenant_id', '=', tenant_id)
    .where('w.kind', '=', 'needs_human')
}

export interface ReviewedCreative {
  tenant_id: string
  principal_id: string
  creative_id: string
  name: string
  format_id: string
  status: CreativeStatus
  assets: Record<string, unknown>
  reviewed_by: string | null
  reviewed_at: Date | null
  rejection_reason: string | null
  updated_at: Date
  agent: string
  media_buys: string[]
}

/** Creatives with what somebody who reviews them looks at; narrow it to those wanted. */
export function selectReviewedCreatives(db: ReadDb | Trx, tenant_id: string) {
  return db
    .selectFrom('creatives as c')
    .innerJoin('principals as agent', 'agent.principal_id', 'c.principal_id')
    .select([
      'c.tenant_id',
      'c.principal_id',
      'c.creative_id',
      'c.name',
      'c.format_id',
      'c.status',
      'c.assets',
      'c.reviewed_by',
      'c.reviewed_at',
      'c.rejection_reason',
      'c.updated_at',
      'agent.name as agent',
      sql<
        string[]
      >`array(select distinct p.media_buy_id from creative_assignments a join media_packages p using (package_id)
        where (a.principal_id, a.creative_id) = (c.principal_id, c.creative_id) order by 1)`.as('media_buys'),
    ])
    .where('c.tenant_id', '=', tenant_id)
    .$castTo<ReviewedCreative>()
}
