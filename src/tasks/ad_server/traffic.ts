import { sql } from 'kysely'
import { AdapterError } from '../../adapters/adapter.ts'
import { compiledWrite } from '../../db/compiled.ts'
import { flushedLater, type Db } from '../../db/database.ts'

/** So many calls in a row that came to nothing, and the ad server is left alone for a while. */
const FAILURES_TO_BREAK = 10
const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 5 * 60_000
/** How long others wait for the one call that shows whether it is well again. */
const PROBE_MS = 2 * 60_000

/** An order that was told to come back does so this much late at most: workers look for jobs that fall due once a second. */
const LATE_MS = 1500

/** Orders come first; what is read in the background goes when it leaves a call free for one, and while none was told to come back. */
export type Precedence = 'order' | 'background'

/**
 * Takes leave for one call to an ad server, from a bucket all workers share: so many calls a second, that many at once after a
 * pause. @throws AdapterError('rate_limited') saying when to come back; then nothing was sent.
 */
export async function takeLeave(
  db: Db,
  connection_id: string,
  callsPerSecond: number | null,
  now: Date,
  precedence: Precedence = 'order',
): Promise<void> {
  const spacing = callsPerSecond === null ? 0 : 1000 / callsPerSecond
  const spared = precedence === 'background' ? spacing : 0
  const burst = Math.max(0, 1000 - spacing)
  const take = () => takeCall(db, connection_id, now, { spacing, spared, burst, precedence })
  if (await take()) return
  // before the first call there ever is, nothing is known
  await db
    .insertInto('ad_server_traffic')
    .values({ connection_id, next_call_at: new Date(now.getTime() - burst) })
    .onConflict((oc) => oc.doNothing())
    .execute()
  if (await take()) return
  throw precedence === 'order'
    ? await orderBack(db, connection_id, now)
    : await comeBack(db, connection_id, now, spared)
}

/** Nobody waits for it to be on disk: once PostgreSQL is back after a crash, the second it speaks of is over. */
async function takeCall(
  db: Db,
  connection_id: string,
  now: Date,
  { spacing, spared, burst, precedence }: Spacing,
): Promise<boolean> {
  const asked = { connection_id, now, spacing, spared, burst, order: precedence === 'order' }
  return (await updateTraffic(db, asked)).length > 0
}

type Asked = Omit<Spacing, 'precedence'> & { connection_id: string; now: Date; order: boolean }
const updateTraffic = compiledWrite(
  (_db, { connection_id, now, spacing, spared, burst, order }: Asked) => sql<{ connection_id: string }>`
    update ad_server_traffic set
      next_call_at = greatest(next_call_at, ${now}::timestamptz - ${burst}::float8 * interval '1 ms') + ${spacing}::float8 * interval '1 ms',
      broken_until = case when broken_until is not null then ${now}::timestamptz + ${PROBE_MS}::float8 * interval '1 ms' end
    from (select ${flushedLater}) as flushed
    where connection_id = ${connection_id} and next_call_at <= ${now}::timestamptz - ${spared}::float8 * interval '1 ms' and (broken_until is null or broken_until <= ${now})
      and (${order} or orders_until is null or orders_until <= ${now})
    returning connection_id`,
)

/** In milliseconds: between two calls, kept free for orders, and taken at once after a pause. */
interface Spacing {
  spacing: number
  spared: number
  burst: number
  precedence: Precedence
}

/** Tells an order when to come back, and keeps what is read in the background away until it has. */
async function orderBack(db: Db, connection_id: string, now: Date): Promise<AdapterError> {
  const back = await comeBack(db, connection_id, now)
  const until = new Date(now.getTime() + (back.retry_after_ms ?? 0) + LATE_MS)
  if (back.code === 'enough_calls')
    await sql`update ad_server_traffic set orders_until = greatest(orders_until, ${until}) where connection_id = ${connection_id}`.execute(
      db,
    )
  return back
}

async function comeBack(db: Db, connection_id: string, now: Date, spared?: number): Promise<AdapterError> {
  const { next_call_at, broken_until, orders_until } = await db
    .selectFrom('ad_server_traffic')
    .select(['next_call_at', 'broken_until', 'orders_until'])
    .where('connection_id', '=', connection_id)
    .executeTakeFirstOrThrow()
  const behind = spared === undefined ? null : orders_until
  const at = Math.max(
    next_call_at.getTime() + (spared ?? 0),
    behind?.getTime() ?? 0,
    broken_until?.getTime() ?? 0,
  )
  const retry_after_ms = Math.max(1, at - now.getTime())
  return broken_until !== null && broken_until > now
    ? new AdapterError('rate_limited', 'out_of_order', 'The ad server is out of order', { retry_after_ms })
    : new AdapterError('rate_limited', 'enough_calls', 'Enough calls for the moment', { retry_after_ms })
}

/** Makes a call leave was taken for, and writes down how the ad server fared, for all workers. `givenUp`: by us, which says nothing of it. */
export async function watch<T>(
  db: Db,
  connection_id: string,
  clock: () => Date,
  givenUp: AbortSignal,
  call: () => Promise<T>,
): Promise<T> {
  try {
    const answer = await call()
    await noteAnswer(db, connection_id, null)
    return answer
  } catch (error) {
    if (!(error instanceof AdapterError)) throw error
    const failed = error.class === 'transient' || error.class === 'ambiguous'
    const pause = error.class === 'rate_limited' ? (error.retry_after_ms ?? 0) : 0
    if (!failed) await noteAnswer(db, connection_id, new Date(clock().getTime() + pause))
    else if (!givenUp.aborted) await noteFailure(db, connection_id, clock())
    throw error
  }
}

async function noteAnswer(db: Db, connection_id: string, notBefore: Date | null) {
  await sql`update ad_server_traffic set failures = 0, broken_until = null, next_call_at = greatest(next_call_at, ${notBefore})
    where connection_id = ${connection_id} and (failures > 0 or broken_until is not null or next_call_at < ${notBefore})`.execute(
    db,
  )
}

async function noteFailure(db: Db, connection_id: string, now: Date) {
  await sql`update ad_server_traffic set failures = failures + 1, broken_until = case when failures + 1 >= ${FAILURES_TO_BREAK}
      then ${now}::timestamptz + least(${LONGEST_PAUSE_MS}::float8, ${FIRST_PAUSE_MS}::float8 * 2 ^ least(failures + 1 - ${FAILURES_TO_BREAK}, 10)) * interval '1 ms' end
    where connection_id = ${connection_id}`.execute(db)
}
