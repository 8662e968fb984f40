import { sql } from 'kysely'
import type { Trx } from '../db/database.ts'
import { tellPeople } from './tell_people.ts'
import { readListener, tellBuyer } from './tell_buyer.ts'

/** A media buy that is over takes no change any more: one that waits for a person is called off, and its buyer told if it listens. */
export async function endPendingUpdate(trx: Trx, media_buy_id: string, now: Date): Promise<void> {
  const update = await trx
    .updateTable('media_buy_updates')
    .set({ state: 'canceled', settled_at: now })
    .where('media_buy_id', '=', media_buy_id)
    .where('state', '=', sql.lit('pending'))
    .returning(['tenant_id', 'workflow_step_id'])
    .executeTakeFirst()
  if (!update) return
  const { task_id } = await trx
    .updateTable('workflow_steps')
    .set({ status: 'canceled', updated_at: now, clock_at: null })
    .where('workflow_step_id', '=', update.workflow_step_id)
    .returning('task_id')
    .executeTakeFirstOrThrow()
  const { tenant_id, workflow_step_id: subject_id } = update
  await tellPeople(trx, { tenant_id, kind: 'approval_settled', subject_id, now })
  const listener = await readListener(trx, { media_buy_id, task_id: task_id ?? '' })
  if (!listener) return
  const message = 'The media buy is over, so the change waits no more.'
  await tellBuyer(trx, listener, { status: 'canceled', message, result: {}, now })
}
