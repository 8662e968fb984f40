import { sql } from 'kysely'
import type { ReadKind } from '../../capabilities.ts'
import type { Db } from '../../db/database.ts'
import { syncedTables } from '../../queries/synced.ts'
import { finish, isUnmoved, setRun, type Run } from './run.ts'

const BATCH = 5000

/** Copies the next rows of the generation before that did not change since, and makes the run current after the last. */
export async function carryOver(db: Db, run: Run & { kind: ReadKind }, now: Date): Promise<void> {
  const { table, columns } = syncedTables[run.kind]
  const names = sql.join(columns.map((name) => sql.ref(name)))
  await db.transaction().execute(async (trx) => {
    if (!(await isUnmoved(trx, run))) return
    const { rows } = await sql<{ last: string | null; looked_at: number; copied: number }>`
      with batch as (
        select id from ${sql.table(table)} where generation = ${run.base} and id > ${run.cursor ?? ''} order by id limit ${BATCH}
      ), copied as (
        insert into ${sql.table(table)} (generation, ${names})
        select ${run.generation}, ${names} from ${sql.table(table)}
        where generation = ${run.base} and id > ${run.cursor ?? ''} and id <= (select max(id) from batch)
        on conflict do nothing returning id
      ) select (select max(id) from batch) as last, (select count(*)::int from batch) as looked_at, (select count(*)::int from copied) as copied`.execute(
      trx,
    )
    const [{ last, looked_at, copied } = { last: null, looked_at: 0, copied: 0 }] = rows
    const done = run.done + copied
    if (looked_at < BATCH) return finish(trx, run, done, now)
    const total = Math.max(done, run.total ?? 0)
    return setRun(trx, run, { state: 'carrying_over', done, total, cursor: last }, now)
  })
}
