import { sql } from 'kysely'
import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'

/** Has every ad server asked how the orders stand that run on it or soon will. */
export const startStandings = defineTask({
  name: 'start_standings',
  async run(_payload, { db }) {
    const connections = await db
      .selectFrom('fulfilments as f')
      .innerJoin('media_buys as buy', 'buy.media_buy_id', 'f.media_buy_id')
      .select('f.connection_id')
      .distinct()
      .where('f.state', '=', 'placed')
      .where(sql<boolean>`buy.status in ('pending_start', 'active')`)
      .execute()
    for (const { connection_id } of connections)
      await db.transaction().execute((trx) => enqueue(trx, 'read_standings', { connection_id }))
  },
})
