import { generateKeyPairSync } from 'node:crypto'
import { jsonb, type Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import type { Seal } from '../seal.ts'

/** Gives a tenant the Ed25519 key it signs webhooks with, if it has none yet. Of two that try at once, the first wins. */
export async function ensureSigningKey(trx: Trx, seal: Seal, tenant_id: string): Promise<void> {
  const found = await trx
    .selectFrom('webhook_signing_keys')
    .select('kid')
    .where('tenant_id', '=', tenant_id)
    .executeTakeFirst()
  if (found) return
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const kid = newId('whk')
  const purpose = { kid, alg: 'EdDSA', use: 'sig', key_ops: ['verify'], adcp_use: 'webhook-signing' }
  await trx
    .insertInto('webhook_signing_keys')
    .values({
      kid,
      tenant_id,
      public_jwk: jsonb({ ...publicKey.export({ format: 'jwk' }), ...purpose }),
      private_sealed: seal.close(JSON.stringify(privateKey.export({ format: 'jwk' })), `key:${kid}`),
    })
    .onConflict((oc) => oc.column('tenant_id').doNothing())
    .execute()
}
