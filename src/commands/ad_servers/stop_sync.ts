import { jsonb, type Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import { actorOf, ofConnection, type By } from './connection.ts'

/** Ends a synchronisation before its time; what was current stays so, and the next comes when it would have anyway. False where it is over already. */
export async function stopSync(
  db: Db,
  { sync_job_id, ...by }: By & { sync_job_id: string },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const stopped = await trx
      .updateTable('sync_jobs')
      .set({
        state: 'failed',
        error: jsonb({ code: 'stopped', message: `Stopped by ${by.by}` }),
        updated_at: by.now,
        finished_at: by.now,
        next_at: null,
      })
      .where('tenant_id', '=', by.tenant_id)
      .where('connection_id', '=', by.connection_id)
      .where('sync_job_id', '=', sync_job_id)
      .where('finished_at', 'is', null)
      .returning('kind')
      .executeTakeFirst()
    if (!stopped) return false
    await recordAudit(trx, actorOf(by), {
      ...ofConnection(by, 'stop_synchronisation'),
      detail: { kind: stopped.kind },
    })
    return true
  })
}
