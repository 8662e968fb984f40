import { turnApproval } from '../commands/turn_approval.ts'
import { defineTask } from './define-task.ts'

const AT_ONCE = 1000

/** The clock of approvals, each minute: reminds, escalates and declines what is due, each in a transaction of its own. */
export const watchApprovals = defineTask({
  name: 'watch_approvals',
  async run(_payload, { db, clock, log, signal }) {
    const due = await db
      .selectFrom('workflow_steps')
      .select('workflow_step_id')
      .where('clock_at', '<=', clock())
      .where('status', 'in', ['requires_approval', 'input_required'])
      .orderBy('clock_at')
      .limit(AT_ONCE)
      .execute()
    for (const { workflow_step_id } of due) {
      if (signal.aborted) return
      try {
        const done = await turnApproval(db, workflow_step_id, clock())
        if (done.length > 0) log.info({ workflow_step_id, done }, 'approval looked at by the clock')
      } catch (error) {
        // of one approval; the others must not wait for it
        log.error(
          { workflow_step_id, err: error },
          'approval could not be looked at; tried again in a minute',
        )
      }
    }
  },
})
