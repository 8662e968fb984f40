import { sql, type RawBuilder } from 'kysely'
import type { Db } from '../../../src/db/database.ts'

type Sql = RawBuilder<unknown>
/** So many at a time: memory stays small. */
const SLICE = 100_000

/** Rows of `table` again for each `n` above `have` up to `total`, as they stand in `original`, with some columns made anew from `n`. */
export async function copyRows(
  db: Db,
  table: string,
  { have, total }: { have: number; total: number },
  { from, anew }: { from: Sql; anew: Record<string, Sql> },
): Promise<void> {
  const { rows } = await sql<{ name: string }>`select attname as name from pg_attribute
    where attrelid = ${table}::regclass and attnum > 0 and not attisdropped and attgenerated = '' and attidentity = ''`.execute(
    db,
  )
  const columns = sql.join(rows.map(({ name }) => sql.ref(name)))
  const values = sql.join(rows.map(({ name }) => anew[name] ?? sql`original.${sql.ref(name)}`))
  for (let n = have; n < total; n += SLICE)
    await sql`insert into ${sql.table(table)} (${columns}) select ${values}
      from generate_series(${n + 1}::int, ${Math.min(total, n + SLICE)}::int) n ${from}`.execute(db)
}

/** Inserts without triggers, checks of references and time limits: what is copied is known to fit. */
export async function withoutTriggers(db: Db, work: (db: Db) => Promise<void>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`set session_replication_role = replica`.execute(connection)
    await sql`set statement_timeout = 0`.execute(connection)
    try {
      await work(connection)
    } finally {
      await sql`reset session_replication_role`.execute(connection)
      await sql`reset statement_timeout`.execute(connection)
    }
  })
}

/** One of these by chance, the first ones more often, as words are; the same for the same `n` and `seed`. */
export const pick = (list: readonly string[], seed: number) =>
  sql`(${list}::text[])[1 + floor(${list.length}::int * power(${chance(seed)}, 1.5))::int]`

/** A number from 0 to below 1, the same for the same `n` and `seed`. */
export const chance = (seed: number) =>
  sql`((hashint8extended(n, ${seed}) & 2147483647)::float8 / 2147483648)`

export async function count(db: Db, table: 'products' | 'media_buys'): Promise<number> {
  const { n } = await db
    .selectFrom(table)
    .select(sql<number>`count(*)::int`.as('n'))
    .executeTakeFirstOrThrow()
  return n
}
