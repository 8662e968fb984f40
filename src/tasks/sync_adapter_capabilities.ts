import { sql } from 'kysely'
import { jsonb } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'

/**
 * Writes what an ad server can do into PostgreSQL, where tools read it. What one just connected holds is read at once. Of one that was
 * parted with meanwhile nobody asks any more: its secret is forgotten.
 */
export const syncAdapterCapabilities = defineTask({
  name: 'sync_adapter_capabilities',
  async run({ connection_id }, { db, connect, clock }) {
    const connection = await db
      .selectFrom('adapter_configs')
      .select('archived_at')
      .where('connection_id', '=', connection_id)
      .executeTakeFirst()
    if (!connection || connection.archived_at) return
    const { capabilities } = await connect(connection_id)
    await db.transaction().execute(async (trx) => {
      const { first } = await trx
        .updateTable('adapter_configs as c')
        .from('adapter_configs as before')
        .whereRef('before.connection_id', '=', 'c.connection_id')
        .set({ capabilities: jsonb(capabilities), capabilities_synced_at: clock() })
        .where('c.connection_id', '=', connection_id)
        .returning(sql<boolean>`before.capabilities is null and before.kept_in = 'console'`.as('first'))
        .executeTakeFirstOrThrow()
      if (first) await enqueue(trx, 'start_due_syncs', {})
    })
  },
})
