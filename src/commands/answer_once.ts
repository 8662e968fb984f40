import { sql, type Insertable } from 'kysely'
import { AdcpError } from '../adcp/error.ts'
import type { DB } from '../db/schema.ts'
import { CLOCKS_DIFFER_MS, REPLAY_TTL_SECONDS } from '../adcp/idempotency.ts'
import { requestHash } from '../adcp/request_hash.ts'
import { compiledWrite } from '../db/compiled.ts'
import type { Trx } from '../db/database.ts'
import { withCommit } from '../db/transaction.ts'

type Answer = Record<string, unknown>

/** A request as its idempotency key is scoped: by principal, account and key. */
export interface Attempt {
  principal_id: string
  /** Null for a tool that is for no single account. */
  account_id: string | null
  tool: string
  request: Answer & { idempotency_key: string }
  now: Date
}
interface Claim extends Omit<Attempt, 'request'> {
  idempotency_key: string
  request_hash: string
}

/**
 * Does the work and keeps its answer under the request's idempotency key, in the caller's transaction; or gives the answer kept
 * there before and does nothing. Only success is kept. @throws AdcpError as claimKey does, or whatever the work throws.
 */
export async function answerOnce(
  trx: Trx,
  { request, ...attempt }: Attempt,
  work: () => Promise<Answer>,
): Promise<Answer> {
  const { idempotency_key } = request
  const claim = { ...attempt, idempotency_key, request_hash: requestHash(request) }
  const earlier = await claimKey(trx, claim)
  if (earlier) return { ...earlier, replayed: true }
  const answer = { ...(await work()), idempotency_key }
  await keepAnswer(trx, claim, answer)
  return { ...answer, replayed: false }
}

/**
 * Takes an idempotency key for this transaction, or gives back the answer it already has. Two equal requests meet on its
 * unique index: the second waits for the first transaction to end and then sees its answer (or, after a rollback, goes first).
 * @throws AdcpError IDEMPOTENCY_CONFLICT, IDEMPOTENCY_EXPIRED, RATE_LIMITED, or IDEMPOTENCY_IN_FLIGHT after five seconds of waiting.
 */
async function claimKey(trx: Trx, claim: Claim): Promise<Answer | undefined> {
  const { now, ...row } = claim
  const expires_at = new Date(now.getTime() + REPLAY_TTL_SECONDS * 1000)
  const [, taken, retry_after] = await Promise.all([
    sql`set local lock_timeout = '5s'`.execute(trx),
    insertKey(trx, { ...row, created_at: now, expires_at }).catch((error: unknown) => {
      throw isLockTimeout(error) ? inFlight : error
    }),
    patienceNeeded(trx, claim),
  ])
  if (taken.length === 0) return earlierAnswer(trx, claim)
  if (retry_after !== null) throw tooMany(retry_after)
  return undefined
}

const insertKey = compiledWrite((db, row: Insertable<DB['idempotency_keys']>) =>
  db
    .insertInto('idempotency_keys')
    .values(row)
    .onConflict((oc) => oc.doNothing())
    .returning('idempotency_key'),
)

/**
 * Lets locks wait again, and counts the keys of this scope in the last minute and the last ten seconds, in one statement. Seconds
 * until another one may be taken; null where that is now (AdCP security, "Cache-growth defense").
 */
async function patienceNeeded(trx: Trx, { principal_id, account_id, now }: Claim): Promise<number | null> {
  const [row] = await selectPatience(trx, { principal_id, account_id: account_id ?? '', now })
  const patience = row?.patience ?? null
  return patience === null ? null : Math.max(1, Math.ceil(patience))
}

const selectPatience = compiledWrite(
  (_db, { principal_id, account_id, now }: { principal_id: string; account_id: string; now: Date }) =>
    sql<{ patience: number | null }>`
    select set_config('lock_timeout', '0', true), greatest(
      case when count(lately.created_at) > max_new_keys_per_minute
        then 60 - extract(epoch from ${now}::timestamptz - min(lately.created_at)) end,
      case when count(*) filter (where recent) > ceil(max_new_keys_per_minute * 5 / 6.0)
        then 10 - extract(epoch from ${now}::timestamptz - min(lately.created_at) filter (where recent)) end
    )::float8 as patience
    from principals join tenants using (tenant_id)
    left join lateral (
      select k.created_at, k.created_at > ${now}::timestamptz - interval '10 seconds' as recent
      from idempotency_keys as k
      where k.principal_id = ${principal_id} and coalesce(k.account_id, '') = ${account_id}
        and k.created_at > ${now}::timestamptz - interval '60 seconds'
    ) as lately on true
    where principals.principal_id = ${principal_id}
    group by max_new_keys_per_minute`,
)

async function earlierAnswer(trx: Trx, claim: Claim): Promise<Answer> {
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'response', 'expires_at'])
    .where(thisKey(claim))
    .executeTakeFirstOrThrow()
  if (earlier.request_hash !== claim.request_hash) throw conflict
  // whoever sends a little late by its own clock still means the first request
  if (earlier.expires_at.getTime() + CLOCKS_DIFFER_MS <= claim.now.getTime()) throw expired
  return earlier.response as Answer
}

async function keepAnswer(trx: Trx, claim: Claim, answer: Answer): Promise<void> {
  const { principal_id, account_id, idempotency_key } = claim
  const response = JSON.stringify(answer)
  const key = { principal_id, account_id: account_id ?? '', idempotency_key }
  await withCommit(trx, updateAnswer(trx, { ...key, response }))
}

const updateAnswer = compiledWrite((db, { response, ...key }: Key & { response: string }) =>
  db.updateTable('idempotency_keys').set({ response }).where(thisKey(key)),
)

interface Key {
  principal_id: string
  account_id: string | null
  idempotency_key: string
}
/** Written as the unique index has it, so that it is found through it. */
const thisKey = ({ principal_id, account_id, idempotency_key }: Key) =>
  sql<boolean>`(principal_id, coalesce(account_id, ''), idempotency_key)
    = (${principal_id}, ${account_id ?? ''}, ${idempotency_key})`

const isLockTimeout = (error: unknown) =>
  error instanceof Error && (error as { code?: string }).code === '55P03'

const conflict = new AdcpError({
  code: 'IDEMPOTENCY_CONFLICT',
  message: 'This idempotency_key was used for a different request. Use a new key for a new request.',
})
const tooMany = (retry_after: number) =>
  new AdcpError({
    code: 'RATE_LIMITED',
    message: 'Too many new requests for this account in a short time.',
    suggestion: `Send it again with the same idempotency_key in ${retry_after} seconds.`,
    retry_after,
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
