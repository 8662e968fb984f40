import { defineTask } from './define-task.ts'

/** A key is kept this long after it expired, so that a late retry is told "expired" and not taken for a new purchase. */
const KEPT_AFTER_EXPIRY_MS = 30 * 86_400_000

/** Deletes idempotency keys nobody can mean any more. */
export const forgetIdempotencyKeys = defineTask({
  name: 'forget_idempotency_keys',
  async run(_payload, { db, clock }) {
    const limit = new Date(clock().getTime() - KEPT_AFTER_EXPIRY_MS)
    await db.deleteFrom('idempotency_keys').where('expires_at', '<', limit).execute()
  },
})
