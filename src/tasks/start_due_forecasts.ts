import { createHash } from 'node:crypto'
import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'
import { dueConnections } from './forecasts/due.ts'

/** Each ad server is asked at its own moment of the minute. */
const SPREAD_MS = 50_000

/** Has each ad server asked about the products that are due; the job that waits or runs for it already does. */
export const startDueForecasts = defineTask({
  name: 'start_due_forecasts',
  async run(_payload, { db, clock }) {
    const now = clock()
    for (const connection_id of await dueConnections(db, now)) {
      const [byte = 0] = createHash('sha256').update(connection_id).digest()
      const at = new Date(now.getTime() + (byte / 255) * SPREAD_MS)
      await db.transaction().execute((trx) => enqueue(trx, 'take_forecasts', { connection_id }, at))
    }
  },
})
