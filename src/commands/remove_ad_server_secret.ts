import type { Db } from '../db/database.ts'
import { recordAudit } from './record.ts'

export interface SecretToRemove {
  tenant_id: string
  connection_id: string
  by: string
}

/** Forgets the sealed secret of a connection; the variable its secret_name names counts again. False where none was kept. */
export async function removeAdServerSecret(
  db: Db,
  { tenant_id, connection_id, by }: SecretToRemove,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const removed = await trx
      .deleteFrom('ad_server_secrets')
      .where('tenant_id', '=', tenant_id)
      .where('connection_id', '=', connection_id)
      .returning(['set_by', 'set_at'])
      .executeTakeFirst()
    if (!removed) return false
    const actor = { kind: 'operator', name: by } as const
    const what = { action: 'remove_secret', subject_kind: 'connection', subject_id: connection_id } as const
    await recordAudit(trx, actor, { tenant_id, ...what, detail: { removed } })
    return true
  })
}
