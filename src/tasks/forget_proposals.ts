import { defineTask } from './define-task.ts'

/** As long as its buyer may be told "expired" for an id that it kept. */
const KEPT_AFTER_EXPIRY_MS = 30 * 86_400_000
/** No clock of a server is so far behind that it would still count what is given back here. */
const HELD_AFTER_EXPIRY_MS = 3_600_000

/**
 * Deletes proposals that were promised and not bought, a month after the promise ended, and what they held of guaranteed products an
 * hour after. Those that were bought belong to their media buys and stay.
 */
export const forgetProposals = defineTask({
  name: 'forget_proposals',
  async run(_payload, { db, clock }) {
    const ago = (ms: number) => new Date(clock().getTime() - ms)
    await db.deleteFrom('proposal_holds').where('expires_at', '<', ago(HELD_AFTER_EXPIRY_MS)).execute()
    await db
      .deleteFrom('proposals')
      .where('media_buy_id', 'is', null)
      .where('expires_at', '<', ago(KEPT_AFTER_EXPIRY_MS))
      .execute()
  },
})
