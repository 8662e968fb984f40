import { withSignal } from '../abort.ts'
import { jsonb } from '../db/database.ts'
import { defineTask } from './define-task.ts'

/** Looks how it is to connect to an ad server and writes down what was found, for the people who asked. */
export const checkConnection = defineTask({
  name: 'check_connection',
  async run({ connection_check_id }, { db, clock, signal, stepDeadlineMs, survey }) {
    const asked = await db
      .selectFrom('connection_checks')
      .select('connection_id')
      .where('connection_check_id', '=', connection_check_id)
      .where('finished_at', 'is', null)
      .executeTakeFirst()
    if (!asked) return
    const { findings, choices } = await withSignal([signal], stepDeadlineMs, (call) =>
      survey(asked.connection_id, { signal: call, attempt: 1 }),
    )
    // what was cut short says nothing of the ad server: the next worker looks again
    signal.throwIfAborted()
    await db
      .updateTable('connection_checks')
      .set({ findings: jsonb(findings), choices: jsonb(choices), finished_at: clock() })
      .where('connection_check_id', '=', connection_check_id)
      .where('finished_at', 'is', null)
      .execute()
  },
})
