import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** True of a request `step` nobody has decided. Said in words PostgreSQL sees when it plans: an index holds only what is open. */
export const stillWaits = sql<boolean>`step.status in ('requires_approval', 'input_required')`

/** A publisher's purchases, and changes of them, that wait for a person's approval, the longest wait first. */
export function selectWaitingApprovals(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
    .select([
      'step.task_id',
      'step.workflow_step_id',
      'step.title',
      'step.status',
      'step.created_at',
      'buy.media_buy_id',
      'step.task_type',
      // for a change: what the buy would cost, and when it would end
      sql<string>`coalesce(u.total_budget, buy.total_budget)`.as('total_budget'),
      'buy.currency',
      'buy.start_time',
      sql<Date>`coalesce(u.end_time, buy.end_time)`.as('end_time'),
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where(stillWaits)
    .orderBy('step.created_at')
}
