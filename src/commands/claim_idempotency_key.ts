import { sql } from 'kysely'
import { AdcpError } from '../adcp/error.ts'
import { jsonb, type Trx } from '../db/database.ts'

export interface Claim {
  principal_id: string
  /** Null for a tool that is for no single account. */
  account_id: string | null
  idempotency_key: string
  tool: string
  request_hash: string
  now: Date
  ttl_seconds: number
}
type Answer = Record<string, unknown>

/**
 * Takes an idempotency key for this transaction, or gives back the answer it already has. Two equal requests meet on its
 * unique index: the second waits for the first transaction to end and then sees its answer (or, after a rollback, goes first).
 * @throws AdcpError IDEMPOTENCY_CONFLICT, IDEMPOTENCY_EXPIRED, or IDEMPOTENCY_IN_FLIGHT after five seconds of waiting.
 */
export async function claimIdempotencyKey(trx: Trx, claim: Claim): Promise<Answer | undefined> {
  const { now, ttl_seconds, ...row } = claim
  const expires_at = new Date(now.getTime() + ttl_seconds * 1000)
  await sql`set local lock_timeout = '5s'`.execute(trx)
  const taken = await trx
    .insertInto('idempotency_keys')
    .values({ ...row, created_at: now, expires_at })
    .onConflict((oc) => oc.doNothing())
    .returning('idempotency_key')
    .executeTakeFirst()
    .catch((error: unknown) => {
      throw isLockTimeout(error) ? inFlight : error
    })
  await sql`set local lock_timeout = 0`.execute(trx)
  return taken ? undefined : earlierAnswer(trx, claim)
}

async function earlierAnswer(trx: Trx, claim: Claim): Promise<Answer> {
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response', 'expires_at'])
    .where(thisKey(claim))
    .executeTakeFirstOrThrow()
  if (earlier.request_hash !== claim.request_hash) throw conflict
  if (earlier.expires_at <= claim.now) throw expired
  return earlier.response as Answer
}

/** Keeps the answer under the key, in the same transaction as what it reports. Only success is kept. */
export async function keepAnswer(trx: Trx, claim: Claim, response: Answer): Promise<void> {
  await trx
    .updateTable('idempotency_keys')
    .set({ response: jsonb(response) })
    .where(thisKey(claim))
    .execute()
}

/** Written as the unique index has it, so that it is found through it. */
const thisKey = ({ principal_id, account_id, idempotency_key }: Claim) =>
  sql<boolean>`(principal_id, coalesce(account_id, ''), idempotency_key)
    = (${principal_id}, ${account_id ?? ''}, ${idempotency_key})`

const isLockTimeout = (error: unknown) =>
  error instanceof Error && (error as { code?: string }).code === '55P03'

const conflict = new AdcpError({
  code: 'IDEMPOTENCY_CONFLICT',
  message: 'This idempotency_key was used for a different request. Use a new key for a new request.',
})
const expired = new AdcpError({
  code: 'IDEMPOTENCY_EXPIRED',
  message: 'This idempotency_key is too old to answer from.',
  field: 'idempotency_key',
  suggestion: 'See get_media_buys or list_accounts whether it was done; if not, send it with a new key.',
})
const inFlight = new AdcpError({
  code: 'IDEMPOTENCY_IN_FLIGHT',
  message: 'The same request is being worked on right now.',
  field: 'idempotency_key',
  suggestion: 'Send it again with the same key in a few seconds.',
  retry_after: 5,
})
