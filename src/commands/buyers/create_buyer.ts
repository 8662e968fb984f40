import type { Db } from '../../db/database.ts'
import { recordAudit, type Actor } from '../record.ts'

export interface NewBuyer {
  tenant_id: string
  principal_id: string
  name: string
  sandbox: boolean
  by: Actor
}

/** Makes a buying agent known. It has no token yet. False if the id or the name is taken. */
export async function createBuyer(db: Db, { by, ...buyer }: NewBuyer): Promise<boolean> {
  const { tenant_id, principal_id } = buyer
  return db.transaction().execute(async (trx) => {
    const made = await trx
      .insertInto('principals')
      .values({ ...buyer, made_here: true })
      .onConflict((clash) => clash.doNothing())
      .returning('principal_id')
      .executeTakeFirst()
    if (!made) return false
    const what = { action: 'create_buyer', subject_kind: 'principal', subject_id: principal_id } as const
    await recordAudit(trx, by, { tenant_id, ...what, detail: { name: buyer.name } })
    return true
  })
}
