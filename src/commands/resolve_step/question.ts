import { sql } from 'kysely'
import type { Trx } from '../../db/database.ts'

export type Question = NonNullable<Awaited<ReturnType<ReturnType<typeof selectQuestion>['executeTakeFirst']>>>
export type Buy = NonNullable<Awaited<ReturnType<ReturnType<typeof lockBuy>['executeTakeFirst']>>>

/** The media buy a question is about, locked before the question itself, as the worker does. */
export function lockBuy(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('media_buys')
    .select(['status', 'revision'])
    .where('media_buy_id', '=', media_buy_id)
    .forUpdate()
}

/** What a person was asked, by its own id or the media buy's. What is open comes before what was answered. */
export function selectQuestion(trx: Trx, { tenant_id, id }: { tenant_id: string; id: string }) {
  return trx
    .selectFrom('workflow_steps as w')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'w.fulfilment_id')
    .leftJoin('fulfilment_steps as step', 'step.fulfilment_step_id', 'w.fulfilment_step_id')
    .select([
      'w.workflow_step_id',
      'w.tenant_id',
      'w.media_buy_id',
      'w.status',
      'w.decided_by',
      'w.reason',
      'f.fulfilment_id',
      'f.connection_id',
      'f.placed_at',
      'f.planned_revision',
      'step.fulfilment_step_id',
      'step.kind',
      'step.package_id',
      'step.intent_at',
      'step.revision as step_revision',
    ])
    .where('w.tenant_id', '=', tenant_id)
    .where('w.kind', '=', 'needs_human')
    .where(({ eb, or }) => or([eb('w.workflow_step_id', '=', id), eb('w.media_buy_id', '=', id)]))
    .orderBy(sql`w.status = 'pending'`, 'desc')
    .orderBy('w.created_at', 'desc')
    .limit(1)
}
