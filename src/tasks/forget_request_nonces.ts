import { defineTask } from './define-task.ts'

/** Deletes what is remembered of signed requests that are too old to be sent again. */
export const forgetRequestNonces = defineTask({
  name: 'forget_request_nonces',
  async run(_payload, { db, clock }) {
    await db.deleteFrom('request_nonces').where('expires_at', '<=', clock()).execute()
  },
})
