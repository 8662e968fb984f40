import type { Db, Trx } from '../../db/database.ts'
import { recordAudit } from '../record.ts'
import { actorOf, lockConnection, ofConnection, type By } from './connection.ts'

export type DisconnectOutcome = 'disconnected' | 'orders_stand' | 'not_found'

/**
 * Parts with an ad server and forgets its secret; its history stays. Not while an order stands there: PostgreSQL refuses it. One
 * that was never taken into use is forgotten whole.
 */
export async function disconnect(db: Db, by: By): Promise<DisconnectOutcome> {
  try {
    return await db.transaction().execute(async (trx) => {
      const before = await lockConnection(trx, by)
      if (!before) return 'not_found'
      if (before.connected_at === null) await forget(trx, by)
      else await archive(trx, by)
      const { kind, name } = before
      await recordAudit(trx, actorOf(by), { ...ofConnection(by, 'disconnect'), detail: { kind, name } })
      return 'disconnected'
    })
  } catch (error) {
    if ((error as { constraint?: string }).constraint === 'adapter_configs_orders_stand')
      return 'orders_stand'
    throw error
  }
}

async function archive(trx: Trx, { connection_id, now }: By) {
  await trx
    .updateTable('adapter_configs')
    .set({ archived_at: now })
    .where('connection_id', '=', connection_id)
    .execute()
  await forgetSecret(trx, connection_id)
}

async function forget(trx: Trx, { connection_id }: By) {
  await forgetSecret(trx, connection_id)
  await trx.deleteFrom('adapter_configs').where('connection_id', '=', connection_id).execute()
}

const forgetSecret = (trx: Trx, connection_id: string) =>
  trx.deleteFrom('ad_server_secrets').where('connection_id', '=', connection_id).execute()
