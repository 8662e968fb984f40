import { isComplete, type AdServerKind, type SettingProblem } from '../../ad_server_kinds.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { recordAudit } from '../record.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

export type FinishOutcome =
  | { type: 'connected' | 'connected_before' | 'not_found' | 'not_complete' | 'not_reached' }
  | { type: 'refused'; problems: SettingProblem[] }

/**
 * Takes a connection into use: what the ad server can do is learned, what it holds is read, and products may be sold over it.
 * Only one whose last check found nothing wrong; `chosen` are settings which do not bear on that.
 */
export async function finishConnection(
  db: Db,
  kind: AdServerKind,
  { chosen, ...by }: By & { chosen: Record<string, unknown> },
): Promise<FinishOutcome> {
  return db.transaction().execute(async (trx) => {
    const connection = await lockConnection(trx, by)
    if (!connection) return { type: 'not_found' }
    if (connection.connected_at !== null) return { type: 'connected_before' }
    if (!isComplete(kind, connection.settings)) return { type: 'not_complete' }
    const settings = { ...chosen, ...reachedBy(kind, connection.settings) }
    const problems = kind.problemsOf(settings)
    if (problems.length > 0) return { type: 'refused', problems }
    if (!(await wasReached(trx, by.connection_id))) return { type: 'not_reached' }
    await trx
      .updateTable('adapter_configs')
      .set({ connected_at: by.now, connected_by: by.by, archived_at: null, settings: jsonb(settings) })
      .where('connection_id', '=', by.connection_id)
      .execute()
    await enqueue(trx, 'sync_adapter_capabilities', { connection_id: by.connection_id })
    const { name } = connection
    await recordAudit(trx, actorOf(by), {
      ...ofConnection(by, 'connect'),
      detail: { kind: connection.kind, name, settings },
    })
    return { type: 'connected' }
  })
}

/** What decides where the ad server is and which network is meant: as it was checked. */
function reachedBy({ fields }: AdServerKind, settings: Record<string, unknown>) {
  const names = fields.filter(({ fixed, address }) => fixed || address).map(({ name }) => name)
  return Object.fromEntries(Object.entries(settings).filter(([name]) => names.includes(name)))
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
  return last !== undefined && last.finished_at !== null && findings.every(({ ok }) => ok === true)
}
