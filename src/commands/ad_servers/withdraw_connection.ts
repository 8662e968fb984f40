import type { Db } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

/**
 * Offers nothing of a connection any more, or offers it again. What was bought stands: orders are placed, changed and looked
 * after as before. False where there is no such connection in use, or nothing to be done.
 */
export async function withdrawConnection(
  db: Db,
  { withdrawn, ...by }: By & { withdrawn: boolean },
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const before = await lockConnection(trx, by)
    if (!before?.connected_at || (before.withdrawn_at !== null) === withdrawn) return false
    await trx
      .updateTable('adapter_configs')
      .set({ withdrawn_at: withdrawn ? by.now : null })
      .where('connection_id', '=', by.connection_id)
      .execute()
    await recordAudit(
      trx,
      actorOf(by),
      ofConnection(by, withdrawn ? 'withdraw_connection' : 'offer_connection'),
    )
    return true
  })
}
