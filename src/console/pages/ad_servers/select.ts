import { Capabilities, syncKinds, type SyncKind } from '../../../capabilities.ts'
import type { ReadDb } from '../../../db/database.ts'
import type { AdServer } from '../../../queries/ad_servers.ts'
import { selectSyncs, type SyncRow } from '../../../queries/syncs.ts'

/** One kind of what an ad server can be read for, with its latest run. */
export interface KindRead {
  kind: SyncKind
  /** How often it is read by itself, in minutes. */
  every: number
  run: SyncRow | undefined
}

/** How current everything is that an ad server can be read for. */
export async function readFreshness(db: ReadDb, one: AdServer): Promise<KindRead[]> {
  const runs = await selectSyncs(db).where('run.connection_id', '=', one.connection_id).execute()
  const { reads = {} } = Capabilities.safeParse(one.capabilities).data ?? {}
  return syncKinds
    .filter((kind) => reads[kind] !== undefined || runs.some((run) => run.kind === kind))
    .map((kind) => ({
      kind,
      every: ['orders', 'line_items'].includes(kind) ? one.sync_orders_minutes : one.sync_inventory_minutes,
      run: runs.find((run) => run.kind === kind),
    }))
}

/** The runs of a connection, the last first. */
export function selectHistory(db: ReadDb, tenant_id: string, connection_id: string) {
  return db
    .selectFrom('sync_jobs')
    .select([
      'sync_job_id',
      'kind',
      'state',
      'base',
      'done',
      'total',
      'failures',
      'error',
      'asked_by',
      'started_at',
      'updated_at',
      'next_at',
      'finished_at',
    ])
    .where('tenant_id', '=', tenant_id)
    .where('connection_id', '=', connection_id)
    .orderBy('generation', 'desc')
}
