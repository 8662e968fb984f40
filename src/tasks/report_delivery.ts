import { defineTask } from './define-task.ts'
import { reportOn } from './reports/report_on.ts'
import { selectDueTasks } from './reports/read.ts'

/** Makes every delivery report that is due, one media buy after another, each in a transaction of its own. */
export const reportDelivery = defineTask({
  name: 'report_delivery',
  async run(_payload, { db, clock, log, signal }) {
    const due = await selectDueTasks(db, clock()).execute()
    for (const { task_id, media_buy_id } of due) {
      if (signal.aborted) return
      try {
        const made = await db.transaction().execute((trx) => reportOn(trx, task_id, clock()))
        if (made.length > 0) log.info({ media_buy_id, made }, 'delivery reported')
      } catch (error) {
        // of one media buy; the others must not wait for it
        log.error({ media_buy_id, err: error }, 'delivery could not be reported; tried again in a minute')
      }
    }
  },
})
