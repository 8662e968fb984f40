import { generateKeyPairSync } from 'node:crypto'
import { jsonb, type Trx } from '../db/database.ts'
import { newId } from '../ids.ts'
import type { Seal } from '../seal.ts'
import { about } from '../sealed_columns.ts'

/** Whoever gives a tenant a key holds this lock, so that of two at once the second sees the first one's key. */
export async function lockSigningKeys(trx: Trx, tenant_id: string): Promise<void> {
  await trx
    .selectFrom('tenants')
    .select('tenant_id')
    .where('tenant_id', '=', tenant_id)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow()
}

/** Makes an Ed25519 key for a tenant's webhooks that signs from then on. Its public half is published at once. Returns its kid. */
export async function addSigningKey(
  trx: Trx,
  seal: Seal,
  { tenant_id, signs_from }: { tenant_id: string; signs_from: Date },
): Promise<string> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const kid = newId('whk')
  const purpose = { kid, alg: 'EdDSA', use: 'sig', key_ops: ['verify'], adcp_use: 'webhook-signing' }
  await trx
    .insertInto('webhook_signing_keys')
    .values({
      kid,
      tenant_id,
      signs_from,
      public_jwk: jsonb({ ...publicKey.export({ format: 'jwk' }), ...purpose }),
      private_sealed: seal.close(
        JSON.stringify(privateKey.export({ format: 'jwk' })),
        about('private_sealed', kid),
      ),
    })
    .execute()
  return kid
}
