import { enqueue } from '../jobs.ts'
import { defineTask } from './define-task.ts'
import { selectDueConnections } from './delivery/reading.ts'

/** Wakes the reading of figures wherever it is due and no job is left that does it: new connections, and what died. */
export const readDueDeliveries = defineTask({
  name: 'read_due_deliveries',
  async run(_payload, { db, clock }) {
    for (const { connection_id } of await selectDueConnections(db, clock()))
      await db.transaction().execute((trx) => enqueue(trx, 'read_delivery', { connection_id }))
  },
})
