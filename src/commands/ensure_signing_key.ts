import type { Trx } from '../db/database.ts'
import type { Seal } from '../seal.ts'
import { addSigningKey, lockSigningKeys } from './signing_key.ts'

/** Gives a tenant the key it signs webhooks with, if it has none yet. Of two that try at once, the first wins. */
export async function ensureSigningKey(trx: Trx, seal: Seal, tenant_id: string): Promise<void> {
  if (await hasKey(trx, tenant_id)) return
  await lockSigningKeys(trx, tenant_id)
  // whatever another server's clock says, it signs from the start
  if (!(await hasKey(trx, tenant_id))) await addSigningKey(trx, seal, { tenant_id, signs_from: new Date(0) })
}

async function hasKey(trx: Trx, tenant_id: string): Promise<boolean> {
  const found = await trx
    .selectFrom('webhook_signing_keys')
    .select('kid')
    .where('tenant_id', '=', tenant_id)
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}
