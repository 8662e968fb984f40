import { sql } from 'kysely'
import { mayBeCanceled } from '../jobs.ts'
import type { Db } from '../db/database.ts'
import { selectJobs } from '../queries/jobs.ts'
import { recordAudit, type Actor } from './record.ts'

export interface JobSettlement {
  tenant_id: string
  job_id: string
  how: 'retried' | 'canceled'
  actor: Actor
}
export type JobOutcome =
  | { type: 'recorded' }
  /** Somebody works on it this moment. */
  | { type: 'running' }
  /** Something would be lost: what it works on has its own way to be called off. */
  | { type: 'not_safe' }
  /** Done meanwhile, or another publisher's. */
  | { type: 'gone' }

/**
 * Has a job of a publisher done now, with all its tries before it again, or taken out of the queue, where what it does begins anew by
 * itself. A job bears running twice, so a retry never doubles anything.
 */
export async function settleJob(
  db: Db,
  { tenant_id, job_id, how, actor }: JobSettlement,
): Promise<JobOutcome> {
  return db.transaction().execute(async (trx) => {
    const job = await selectJobs(trx, tenant_id).where('job_id', '=', job_id).executeTakeFirst()
    if (!job) return { type: 'gone' }
    if (how === 'canceled' && !mayBeCanceled(job.task)) return { type: 'not_safe' }
    // both leave alone what a worker has taken
    const { rows } = await (
      how === 'retried'
        ? sql`select id from graphile_worker.reschedule_jobs(array[${job_id}::bigint], run_at := now(), attempts := 0)`
        : sql`select id from graphile_worker.complete_jobs(array[${job_id}::bigint])`
    ).execute(trx)
    if (rows.length === 0) return { type: 'running' }
    await recordAudit(trx, actor, {
      tenant_id,
      action: how === 'retried' ? 'retry_job' : 'cancel_job',
      subject_kind: 'tenant',
      subject_id: tenant_id,
      detail: { task: job.task, media_buy_id: job.media_buy_id, connection: job.connection },
    })
    return { type: 'recorded' }
  })
}
