import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'
import { settleNeedsHuman } from './fulfilment/give_up.ts'
import { readOrder } from './fulfilment/read.ts'
import { isAtWork, isInDoubt, isOpen } from './fulfilment/states.ts'

/**
 * Finds orders that have something to be done and no job that will do it. Where the job failed for the last time a person is
 * asked; where there is none, because somebody removed it, another one is added. So no order is forgotten in silence. What failed
 * and was replaced since, by a retry or a change, is forgotten here, and doctor tells of it no more.
 */
export const findStuckOrders = defineTask({
  name: 'find_stuck_orders',
  async run(_payload, { db, clock, log }) {
    await forgetReplaced(db)
    for (const { fulfilment_id, failed } of await selectWithoutJob(db)) {
      const order = await readOrder(db, fulfilment_id)
      if (!order || !isAtWork(order.fulfilment)) continue
      const { fulfilment, steps } = order
      log.error({ media_buy_id: fulfilment.media_buy_id, fulfilment_id, failed }, 'order was stuck')
      if (!failed) {
        await db.transaction().execute((trx) => enqueue(trx, 'fulfil_media_buy', { fulfilment_id }))
        continue
      }
      const step = steps.find(isOpen)
      const question = { ...failedForGood, in_doubt: step !== undefined && isInDoubt(step) }
      await settleNeedsHuman(db, fulfilment, step, question, clock())
    }
  },
})

const failedForGood = {
  code: 'job_failed',
  message: 'An error of Salesdesk itself, again and again: the worker’s log tells which.',
  suggested_action: 'Put right what the log tells, for example by an update, then retry.',
}

/** The queue takes the key from a job that was given up when another one like it is added. */
async function forgetReplaced(db: Db) {
  await sql`delete from graphile_worker._private_jobs j using graphile_worker._private_tasks t
    where t.id = j.task_id and t.identifier = 'fulfil_media_buy' and j.key is null and j.locked_at is null and j.attempts >= j.max_attempts`.execute(
    db,
  )
}

async function selectWithoutJob(db: Db) {
  const { rows } = await sql<{ fulfilment_id: string; failed: boolean }>`
    with job as (
      select payload ->> 'fulfilment_id' as fulfilment_id, locked_at is null and attempts >= max_attempts as failed
      from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
      where t.identifier = 'fulfil_media_buy')
    select f.fulfilment_id, bool_or(job.failed) is not null as failed
    from fulfilments f left join job using (fulfilment_id)
    where f.state in ('placing', 'waiting', 'changing') or (f.state <> 'refused' and f.desired_revision > f.planned_revision)
    group by f.fulfilment_id having bool_and(coalesce(job.failed, true))`.execute(db)
  return rows
}
