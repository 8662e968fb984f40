import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'

export type Step = NonNullable<Awaited<ReturnType<ReturnType<typeof selectStep>['executeTakeFirst']>>>

/** The approval a person means by a workflow step's id, a buyer's task_id or a media buy's id: of several the latest. */
export function selectStep(trx: Trx, { tenant_id, id }: { tenant_id: string; id: string }) {
  return trx
    .selectFrom('workflow_steps as step')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'step.media_buy_id')
    .leftJoin('media_buy_updates as u', 'u.workflow_step_id', 'step.workflow_step_id')
    .select([
      'step.workflow_step_id',
      'step.tenant_id',
      'step.media_buy_id',
      'step.status',
      'step.decided_by',
      'step.reason',
      'step.task_id',
      'step.task_type',
      'step.approvals_needed',
      'step.waits_since',
      'step.expire_at',
      'step.expire_reason',
      sql<Date>`coalesce(u.end_time, buy.end_time)`.as('ends'),
    ])
    .where('step.tenant_id', '=', tenant_id)
    .where('step.kind', '=', 'approval')
    .where(({ eb, or }) =>
      or([
        eb('step.workflow_step_id', '=', id),
        eb('step.task_id', '=', id),
        eb('step.media_buy_id', '=', id),
      ]),
    )
    .orderBy('step.created_at', 'desc')
    .limit(1)
}
