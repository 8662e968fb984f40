import { sql } from 'kysely'
import type { Page, RowOf } from '../../adapters/adapter.ts'
import type { ReadKind } from '../../capabilities.ts'
import type { Db, Trx } from '../../db/database.ts'
import { syncedTables } from '../../queries/synced.ts'
import { noteBooked } from './note_booked.ts'
import { finish, isUnmoved, setRun, type Run } from './run.ts'

/**
 * Keeps the rows of a page and where the next one begins, in one transaction: killed before it the page is read again, after it the
 * next one. Rows seen before in this run stay as they were. The last page makes the run current, or has the rest carried over.
 */
export async function keepPage(
  db: Db,
  run: Run & { kind: ReadKind },
  page: Page<RowOf[ReadKind]>,
  now: Date,
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    if (!(await isUnmoved(trx, run))) return
    const done = run.done + (await insertRows(trx, run, page.rows))
    if (run.kind === 'orders') await noteBooked(trx, run, page.rows, now)
    if (page.cursor !== null) {
      const total = page.remaining === null ? null : done + page.remaining
      return setRun(trx, run, { state: 'reading', done, total, cursor: page.cursor }, now)
    }
    if (run.base === null) return finish(trx, run, done, now)
    const total = Math.max(done, await sizeOf(trx, run.base))
    return setRun(trx, run, { state: 'carrying_over', done, total, cursor: null }, now)
  })
}

async function insertRows(
  trx: Trx,
  { kind, generation }: Run & { kind: ReadKind },
  rows: readonly unknown[],
): Promise<number> {
  if (rows.length === 0) return 0
  const { table, columns } = syncedTables[kind]
  const names = sql.join(columns.map((name) => sql.ref(name)))
  const { numAffectedRows } = await sql`
    insert into ${sql.table(table)} (generation, ${names})
    select ${generation}, ${names} from jsonb_populate_recordset(null::${sql.table(table)}, ${JSON.stringify(rows)}::jsonb)
    on conflict do nothing`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

async function sizeOf(trx: Trx, generation: string): Promise<number> {
  const { done } = await trx
    .selectFrom('sync_jobs')
    .select('done')
    .where('generation', '=', generation)
    .executeTakeFirstOrThrow()
  return done
}
