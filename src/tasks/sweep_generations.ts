import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { syncedTables } from '../queries/synced.ts'
import { defineTask } from './define-task.ts'

/** Whoever goes through a generation page by page has this long to come to its end. */
const GRACE_MINUTES = 15
const HISTORY_DAYS = 30
const BATCH = 5000

/** Removes the rows of generations nobody reads any more, a few at a time, and in the end the runs themselves. */
export const sweepGenerations = defineTask({
  name: 'sweep_generations',
  async run(_payload, { db, clock, signal }) {
    const now = clock()
    const before = new Date(now.getTime() - GRACE_MINUTES * 60_000)
    for (const { generation, kind } of await selectUnswept(db, before)) {
      const kept = syncedTables[kind as keyof typeof syncedTables] as { table: string } | undefined
      while (kept && (await removeSome(db, kept.table, generation)) > 0) if (signal.aborted) return
      await db.updateTable('sync_jobs').set({ swept_at: now }).where('generation', '=', generation).execute()
    }
    await db
      .deleteFrom('sync_jobs')
      .where('swept_at', '<', new Date(now.getTime() - HISTORY_DAYS * 86_400_000))
      .execute()
  },
})

function selectUnswept(db: Db, before: Date) {
  return db
    .selectFrom('sync_jobs as run')
    .select(['run.generation', 'run.kind'])
    .where('run.state', 'in', ['replaced', 'failed'])
    .where('run.swept_at', 'is', null)
    .where('run.updated_at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          // what a run still carries over is needed
          selectFrom('sync_jobs as later')
            .whereRef('later.base', '=', 'run.generation')
            .where('later.finished_at', 'is', null)
            .select('later.base'),
        ),
      ),
    )
    .orderBy('run.updated_at')
    .execute()
}

async function removeSome(db: Db, table: string, generation: string): Promise<number> {
  const { numAffectedRows } =
    await sql`delete from ${sql.table(table)} where generation = ${generation} and id in (
    select id from ${sql.table(table)} where generation = ${generation} limit ${BATCH})`.execute(db)
  return Number(numAffectedRows ?? 0)
}
