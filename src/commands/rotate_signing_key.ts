import type { Db, Trx } from '../db/database.ts'
import type { Seal } from '../seal.ts'
import { recordAudit } from './record.ts'
import { addSigningKey, lockSigningKeys } from './signing_key.ts'

/** Buyers may hold the published keys for a day without looking again. */
const BUYERS_LOOK_AGAIN_MS = 24 * 3_600_000

export interface Rotation {
  tenant_id: string
  by: string
  now: Date
  /** The keys there are may be known to somebody else: none of them is shown or signs any more, from now on. */
  compromised: boolean
}
export type RotationOutcome =
  /** Without a time when the old key is withdrawn, there is none any more. */
  | { type: 'rotated'; kid: string; signs_from: Date; withdrawn_at?: Date }
  /** Another rotation has begun and is not over: its key signs from then on. */
  | { type: 'under_way'; kid: string; signs_from: Date }

/**
 * Gives a tenant a new key for its webhooks. It is published now and signs in a day; the old one stays published for a day after
 * that. So a buyer that looked at the keys within a day verifies every webhook. Of two rotations at once, one is done.
 */
export async function rotateSigningKey(db: Db, seal: Seal, rotation: Rotation): Promise<RotationOutcome> {
  const { tenant_id, by, now, compromised } = rotation
  return db.transaction().execute(async (trx) => {
    await lockSigningKeys(trx, tenant_id)
    const next = await selectNext(trx, tenant_id, now).executeTakeFirst()
    if (next && !compromised) return { type: 'under_way', ...next }
    await forgetWithdrawn(trx, rotation)
    const inUse = await selectInUse(trx, tenant_id).executeTakeFirst()
    const signs_from = !inUse ? now : new Date(now.getTime() + BUYERS_LOOK_AGAIN_MS)
    const withdrawn_at = new Date(signs_from.getTime() + BUYERS_LOOK_AGAIN_MS)
    await trx
      .updateTable('webhook_signing_keys')
      .set({ withdrawn_at })
      .where('tenant_id', '=', tenant_id)
      .where('withdrawn_at', 'is', null)
      .execute()
    const kid = await addSigningKey(trx, seal, { tenant_id, signs_from })
    const actor = { kind: 'operator', name: by } as const
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'rotate_signing_key',
      subject_kind: 'tenant',
      subject_id: tenant_id,
      detail: { kid, compromised },
    })
    return { type: 'rotated', kid, signs_from, ...(inUse && { withdrawn_at }) }
  })
}

/** What is not published any more is of no use; in an emergency that is every key there is. */
async function forgetWithdrawn(trx: Trx, { tenant_id, now, compromised }: Rotation) {
  const keys = trx.deleteFrom('webhook_signing_keys').where('tenant_id', '=', tenant_id)
  await (compromised ? keys : keys.where('withdrawn_at', '<=', now)).execute()
}

function selectInUse(trx: Trx, tenant_id: string) {
  return trx
    .selectFrom('webhook_signing_keys')
    .select('kid')
    .where('tenant_id', '=', tenant_id)
    .where('withdrawn_at', 'is', null)
}

function selectNext(trx: Trx, tenant_id: string, now: Date) {
  return trx
    .selectFrom('webhook_signing_keys')
    .select(['kid', 'signs_from'])
    .where('tenant_id', '=', tenant_id)
    .where('signs_from', '>', now)
}
