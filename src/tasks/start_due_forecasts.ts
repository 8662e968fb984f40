import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'
import { dueConnections } from './forecasts/due.ts'

/** Has each ad server asked about the products that are due, at once: those of many publishers fall due at moments of their own. */
export const startDueForecasts = defineTask({
  name: 'start_due_forecasts',
  async run(_payload, { db, clock }) {
    for (const connection_id of await dueConnections(db, clock()))
      await db.transaction().execute((trx) => enqueue(trx, 'take_forecasts', { connection_id }))
  },
})
