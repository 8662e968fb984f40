import { isComplete, type AdServerKind } from '../../ad_server_kinds.ts'
import type { Db, Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { recordAudit } from '../record.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

export type FinishOutcome = 'connected' | 'connected_before' | 'not_found' | 'not_complete' | 'not_reached'

/**
 * Takes a connection into use: what the ad server can do is learned, what it holds is read, and products may be sold over it.
 * Only one whose last check found nothing wrong.
 */
export async function finishConnection(db: Db, kind: AdServerKind, by: By): Promise<FinishOutcome> {
  return db.transaction().execute(async (trx) => {
    const connection = await lockConnection(trx, by)
    if (!connection) return 'not_found'
    if (connection.connected_at !== null) return 'connected_before'
    if (!isComplete(kind, connection.settings)) return 'not_complete'
    if (!(await wasReached(trx, by.connection_id))) return 'not_reached'
    await trx
      .updateTable('adapter_configs')
      .set({ connected_at: by.now, connected_by: by.by, archived_at: null })
      .where('connection_id', '=', by.connection_id)
      .execute()
    await enqueue(trx, 'sync_adapter_capabilities', { connection_id: by.connection_id })
    const { name, settings } = connection
    await recordAudit(trx, actorOf(by), {
      ...ofConnection(by, 'connect'),
      detail: { kind: connection.kind, name, settings },
    })
    return 'connected'
  })
}

/** Whether the last check is over and found nothing wrong. */
async function wasReached(trx: Trx, connection_id: string): Promise<boolean> {
  const last = await trx
    .selectFrom('connection_checks')
    .select(['finished_at', 'findings'])
    .where('connection_id', '=', connection_id)
    .orderBy('number', 'desc')
    .limit(1)
    .executeTakeFirst()
  const findings = (last?.findings ?? []) as { ok?: boolean }[]
  return last?.finished_at != null && findings.every(({ ok }) => ok === true)
}
