import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

export interface Archiving {
  tenant_id: string
  principal_id: string
  archived: boolean
  by: Actor
  now: Date
}

/** Shuts a buyer out, whatever tokens it has, or lets it in again; what it has bought goes on. False where nothing changes. */
export async function archiveBuyer(
  db: Db,
  { tenant_id, principal_id, archived, by, now }: Archiving,
): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const buyer = await trx
      .updateTable('principals')
      .set({ archived_at: archived ? now : null })
      .where('tenant_id', '=', tenant_id)
      .where('principal_id', '=', principal_id)
      .where('archived_at', archived ? 'is' : 'is not', null)
      .returning('name')
      .executeTakeFirst()
    if (!buyer) return false
    const action = archived ? 'archive_buyer' : 'restore_buyer'
    const subject = { subject_kind: 'principal', subject_id: principal_id } as const
    await recordAudit(trx, by, { tenant_id, action, ...subject, detail: { name: buyer.name } })
    return true
  })
}
