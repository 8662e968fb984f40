import { defineTask } from './define-task.ts'

const KEPT_MINUTES = 5

/** Deletes what was counted in minutes gone by, so that there are never more rows than somebody came from in a quarter of an hour. */
export const forgetCallCounts = defineTask({
  name: 'forget_call_counts',
  async run(_payload, { db, clock }) {
    const before = new Date(clock().getTime() - KEPT_MINUTES * 60_000)
    await db.deleteFrom('call_counts').where('minute', '<', before).execute()
  },
})
