import { sql } from 'kysely'
import type { AdapterError } from '../../adapters/adapter.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import { enqueue } from '../../jobs.ts'
import { nextReading } from './schedule.ts'

const FIRST_PAUSE_MS = 30_000
const LONGEST_PAUSE_MS = 3_600_000

/** Where reading the figures of one ad server stands. */
export type Reading = NonNullable<Awaited<ReturnType<typeof readReading>>>

/** Undefined for a connection that is archived or gone. */
export async function readReading(db: Db, connection_id: string) {
  const row = await db
    .selectFrom('adapter_configs as c')
    .leftJoin('delivery_readings as r', 'r.connection_id', 'c.connection_id')
    .select(['c.connection_id', 'c.delivery_minutes', 'c.corrections_days', 'r.next_at', 'r.failures'])
    .select(['r.handle', 'r.started_at', 'r.from_day', 'r.to_day', 'r.time_zone', 'r.media_buy_ids'])
    .where('c.connection_id', '=', connection_id)
    .where('c.archived_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const { handle, started_at, from_day, to_day, time_zone, media_buy_ids, ...rest } = row
  const report =
    handle !== null && started_at && from_day && to_day && time_zone && media_buy_ids
      ? { handle, started_at, from: from_day, to: to_day, time_zone, media_buy_ids }
      : undefined
  return { ...rest, failures: rest.failures ?? 0, report }
}

/** Connections something is to be done for, also those never read. */
export function selectDueConnections(db: Db, now: Date) {
  return db
    .selectFrom('adapter_configs as c')
    .leftJoin('delivery_readings as r', 'r.connection_id', 'c.connection_id')
    .select('c.connection_id')
    .where('c.archived_at', 'is', null)
    .where(({ eb, or }) => or([eb('r.next_at', 'is', null), eb('r.next_at', '<=', now)]))
    .execute()
}

/** A report is being made: whoever comes next asks for it. One that was started meanwhile by another worker stays, and ours is forgotten. */
export async function keepStarted(
  db: Db,
  { connection_id }: Reading,
  started: NonNullable<Reading['report']>,
  next_at: Date,
) {
  const report = { ...columnsOf(started), next_at }
  await db.transaction().execute(async (trx) => {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('delivery_readings')
      .values({ connection_id, ...report })
      .onConflict((oc) =>
        oc.column('connection_id').doUpdateSet(report).where('delivery_readings.handle', 'is', null),
      )
      .executeTakeFirstOrThrow()
    if (numInsertedOrUpdatedRows) await enqueue(trx, 'read_delivery', { connection_id }, next_at)
  })
}

interface Done {
  now: Date
  /** Some of what is due was left over. */
  more?: boolean
  /** What of the report could not be stored, and why. */
  problem?: AdapterError | undefined
}

/** There is nothing to ask for, or the report is stored: on to the next. */
export async function keepDone(
  db: Db,
  reading: Reading,
  { now, more = false, problem }: Done,
): Promise<void> {
  const next_at = more ? now : nextReading(reading, now)
  const read_at = reading.report?.started_at
  const last_error = problem ? told(problem, now) : null
  await settle(db, reading, { next_at, failures: 0, last_error, ...noReport, ...(read_at && { read_at }) })
}

/** Not ready yet, or no call left for it just now. A report told in parts goes on by another handle. */
export async function keepWaiting(db: Db, reading: Reading, next_at: Date, handle?: string): Promise<void> {
  const { report } = reading
  const further = report && handle !== undefined ? { ...columnsOf({ ...report, handle }), failures: 0 } : {}
  await settle(db, reading, { next_at, ...further })
}

/** It came to nothing. A report that failed is not asked for again. */
export async function keepFailure(db: Db, reading: Reading, error: AdapterError, now: Date): Promise<void> {
  const failures = reading.failures + 1
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS)
  const next_at = new Date(now.getTime() + Math.max(pause, error.retry_after_ms ?? 0))
  const lost = error.class === 'permanent'
  await settle(db, reading, { next_at, failures, last_error: told(error, now), ...(lost && noReport) })
}

const told = ({ class: error_class, code, message }: AdapterError, now: Date) =>
  jsonb({ class: error_class, code, message, at: now.toISOString() })

const columnsOf = ({ from, to, ...rest }: NonNullable<Reading['report']>) => ({
  ...rest,
  from_day: from,
  to_day: to,
})
const noReport = {
  handle: null,
  started_at: null,
  from_day: null,
  to_day: null,
  time_zone: null,
  media_buy_ids: null,
}
type Settled = Partial<typeof noReport | ReturnType<typeof columnsOf>> & {
  next_at: Date
  failures?: number
  last_error?: ReturnType<typeof jsonb> | null
  read_at?: Date
}

/** Unless another worker has gone on meanwhile. */
async function settle(db: Db, { connection_id, report }: Reading, values: Settled): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (await isMovedOn(trx, connection_id, report?.handle ?? null)) return
    await trx
      .insertInto('delivery_readings')
      .values({ connection_id, ...values })
      .onConflict((oc) => oc.column('connection_id').doUpdateSet(values))
      .execute()
    await enqueue(trx, 'read_delivery', { connection_id }, values.next_at)
  })
}

async function isMovedOn(trx: Trx, connection_id: string, handle: string | null): Promise<boolean> {
  const row = await trx
    .selectFrom('delivery_readings')
    .select(sql<boolean>`handle is distinct from ${handle}`.as('moved_on'))
    .where('connection_id', '=', connection_id)
    .forUpdate()
    .executeTakeFirst()
  return row?.moved_on ?? false
}
