import { jsonb } from '../db/database.ts'
import { defineTask } from './define-task.ts'

/** Writes what an ad server can do into PostgreSQL, where tools read it. */
export const syncAdapterCapabilities = defineTask({
  name: 'sync_adapter_capabilities',
  async run({ connection_id }, { db, connect, clock }) {
    const { capabilities } = await connect(connection_id)
    await db
      .updateTable('adapter_configs')
      .set({ capabilities: jsonb(capabilities), capabilities_synced_at: clock() })
      .where('connection_id', '=', connection_id)
      .execute()
  },
})
