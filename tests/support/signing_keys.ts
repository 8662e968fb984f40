import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { revokeKey } from '../../src/commands/revoke_key.ts'
import { trustKeys } from '../../src/commands/trust_keys.ts'
import type { Db } from '../../src/db/database.ts'

const vectors = join(
  dirname(createRequire(import.meta.url).resolve('@adcp/sdk/package.json')),
  'compliance/cache/3.0.6/test-vectors/request-signing',
)
interface TestKey {
  kid: string
  alg: string
  _private_d_for_test_only: string
}

/** The key pairs AdCP's signing vectors are signed with. */
export function vectorKeys(): TestKey[] {
  return (JSON.parse(readFileSync(join(vectors, 'keys.json'), 'utf8')) as { keys: TestKey[] }).keys
}

/**
 * Makes the desk ready for AdCP's grader of signed requests (test-kits/signed-requests-runner.yaml): this principal signs with the
 * vectors' keys, one of which is revoked, and a hundred signatures at once are abuse.
 */
export async function trustGrader(db: Db, principal_id: string): Promise<void> {
  const keys = vectorKeys().map(({ _private_d_for_test_only, ...jwk }) => jwk)
  await trustKeys(db, { principal_id, jwks: { keys }, by: 'test', most_nonces: 100 })
  await revokeKey(db, 'test-revoked-2026', 'test', new Date())
}
