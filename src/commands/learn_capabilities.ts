import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'

/** Has every ad server in use say anew what it can do. */
export async function learnCapabilities(db: Db): Promise<void> {
  const connections = await db
    .selectFrom('adapter_configs')
    .select('connection_id')
    .where('archived_at', 'is', null)
    .execute()
  await db.transaction().execute(async (trx) => {
    for (const { connection_id } of connections)
      await enqueue(trx, 'sync_adapter_capabilities', { connection_id })
  })
}
