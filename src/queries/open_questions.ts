import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** A publisher's orders that cannot go on without a person, with what happened and what to do, the longest wait first. */
export function selectOpenQuestions(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('workflow_steps as w')
    .innerJoin('fulfilments as f', 'f.fulfilment_id', 'w.fulfilment_id')
    .innerJoin('adapter_configs as connection', 'connection.connection_id', 'f.connection_id')
    .select([
      'w.workflow_step_id',
      'w.media_buy_id',
      'w.title',
      'w.suggested_action',
      'w.created_at',
      'connection.name as connection',
    ])
    .where('w.tenant_id', '=', tenant_id)
    .where('w.kind', '=', 'needs_human')
    .where('w.status', '=', sql.lit('pending'))
    .orderBy('w.created_at')
}
