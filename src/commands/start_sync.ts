import type { Capabilities, SyncKind } from '../capabilities.ts'
import type { Db, Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import { enqueue } from '../jobs.ts'

/** Clocks differ, and what is being written there may show up late: changes are asked for from a little before. */
const OVERLAP_MS = 10 * 60_000

export interface SyncWanted {
  connection_id: string
  kind: SyncKind
  /** As the ad server's capabilities say it can be read. */
  mode: NonNullable<Capabilities['reads'][SyncKind]>
  /** Read everything, though only changes could be asked for. */
  whole?: boolean
  asked_by: string
  now: Date
}

/**
 * Starts reading one kind of what an ad server holds, and the job that does it; the run under way is joined if there is one,
 * whoever asks. Everything is read anew where nothing was yet, changes cannot be told, or the last time was too long ago for
 * deletions to have been seen.
 */
export async function startSync(db: Db, wanted: SyncWanted): Promise<StartedSync> {
  return db.transaction().execute((trx) => openSync(trx, wanted))
}
export interface StartedSync {
  sync_job_id: string
  joined: boolean
}

/** The same in the caller's transaction. */
export async function openSync(trx: Trx, wanted: SyncWanted): Promise<StartedSync> {
  const { connection_id, kind, now } = wanted
  const { tenant_id, sync_whole_hours } = await trx
    .selectFrom('adapter_configs')
    .select(['tenant_id', 'sync_whole_hours'])
    .where('connection_id', '=', connection_id)
    .executeTakeFirstOrThrow()
  const current = await trx
    .selectFrom('sync_jobs')
    .select(['generation', 'started_at', 'whole_at'])
    .where('connection_id', '=', connection_id)
    .where('kind', '=', kind)
    .where('state', '=', 'current')
    .executeTakeFirst()
  const wholeSince = now.getTime() - sync_whole_hours * 3_600_000
  const changes =
    wanted.mode === 'changes' &&
    wanted.whole !== true &&
    current !== undefined &&
    current.whole_at.getTime() > wholeSince
  const started = await trx
    .insertInto('sync_jobs')
    .values({
      sync_job_id: newId('sync'),
      tenant_id,
      connection_id,
      kind,
      base: changes ? current.generation : null,
      changed_since: changes ? new Date(current.started_at.getTime() - OVERLAP_MS) : null,
      asked_by: wanted.asked_by,
      started_at: now,
      whole_at: changes ? current.whole_at : now,
      updated_at: now,
    })
    .onConflict((oc) => oc.columns(['connection_id', 'kind']).where('finished_at', 'is', null).doNothing())
    .returning('sync_job_id')
    .executeTakeFirst()
  const { sync_job_id } =
    started ??
    (await trx
      .selectFrom('sync_jobs')
      .select('sync_job_id')
      .where('connection_id', '=', connection_id)
      .where('kind', '=', kind)
      .where('finished_at', 'is', null)
      .executeTakeFirstOrThrow())
  if (started) await enqueue(trx, 'sync_ad_server', { sync_job_id, connection_id })
  return { sync_job_id, joined: started === undefined }
}
