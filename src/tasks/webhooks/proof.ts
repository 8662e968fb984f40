import type { Db } from '../../db/database.ts'
import { SealError, type Seal } from '../../seal.ts'
import { about } from '../../sealed_columns.ts'
import type { Proof } from '../../webhooks/authenticate.ts'
import type { Attempt } from './attempt.ts'

/** The token the buyer wants back in each webhook, if it gave one. @throws SealError */
export function openToken(seal: Seal | undefined, { token_sealed, media_buy_id }: Attempt) {
  return token_sealed ? given(seal).open(token_sealed, about('token_sealed', media_buy_id)) : undefined
}

/** What the buyer will know us by. @throws SealError */
export async function openProof(db: Db, seal: Seal | undefined, attempt: Attempt, now: Date): Promise<Proof> {
  const { scheme, credentials_sealed, media_buy_id, tenant_id } = attempt
  if (scheme !== 'rfc9421')
    return {
      scheme,
      credentials: given(seal).open(
        credentials_sealed ?? Buffer.of(),
        about('credentials_sealed', media_buy_id),
      ),
    }
  const { kid, private_sealed } = await db
    .selectFrom('webhook_signing_keys')
    .select(['kid', 'private_sealed'])
    .where('tenant_id', '=', tenant_id)
    .where('signs_from', '<=', now)
    .orderBy('signs_from', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  const privateJwk = JSON.parse(given(seal).open(private_sealed, about('private_sealed', kid))) as Record<
    string,
    unknown
  >
  return { scheme, kid, privateJwk }
}

function given(seal: Seal | undefined): Seal {
  if (seal) return seal
  throw new SealError(
    'SALESDESK_ENCRYPTION_KEY is not set for this worker. Set it to the same key the server has.',
  )
}
