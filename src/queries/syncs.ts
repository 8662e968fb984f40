import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** The latest run of each kind for each ad server that is sold on, with when what everybody reads was asked for. */
export function selectSyncs(db: ReadDb) {
  return db
    .selectFrom('sync_jobs as run')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'run.connection_id')
    .leftJoin('sync_jobs as current', (join) =>
      join
        .onRef('current.connection_id', '=', 'run.connection_id')
        .onRef('current.kind', '=', 'run.kind')
        .on('current.state', '=', 'current'),
    )
    .distinctOn(['run.connection_id', 'run.kind'])
    .select([
      'run.sync_job_id',
      'run.connection_id',
      'run.kind',
      'run.state',
      'run.done',
      'run.total',
      'run.error',
      'run.started_at',
      'run.updated_at',
      'run.next_at',
      'run.finished_at',
      'current.done as current_rows',
      'current.started_at as current_since',
      sql<boolean>`run.base is null`.as('whole'),
    ])
    .where('connection.archived_at', 'is', null)
    .orderBy('run.connection_id')
    .orderBy('run.kind')
    .orderBy('run.generation', 'desc')
}
export type SyncRow = Awaited<ReturnType<ReturnType<typeof selectSyncs>['execute']>>[number]

/** The ad servers sold on, with what each can be read for as its capabilities say. */
export function selectReadable(db: ReadDb) {
  return db
    .selectFrom('adapter_configs')
    .select(['connection_id', 'capabilities'])
    .where('archived_at', 'is', null)
    .orderBy('connection_id')
}
