import type { ReadDb } from '../db/database.ts'

/** A publisher's purchases that wait for a person's approval, the longest wait first. */
export function selectWaitingApprovals(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .select([
      'step.task_id',
      'step.workflow_step_id',
      'step.title',
      'step.created_at',
      'buy.media_buy_id',
      'buy.total_budget',
      'buy.currency',
      'buy.start_time',
      'buy.end_time',
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where('step.status', '=', 'requires_approval')
    .orderBy('step.created_at')
}
