import type { Db } from '../../db/database.ts'

const MINUTE_MS = 60_000
/** Longer than anything takes that is being done, shorter than Slack waits before it says something a second time. */
const PATIENCE_MS = 50_000

/** Whether this is to be done: nobody has done it, and whoever had begun has died. */
export async function takeDelivery(db: Db, delivery_hash: Buffer, now: Date): Promise<boolean> {
  const ago = (ms: number) => new Date(now.getTime() - ms)
  await db
    .deleteFrom('slack_deliveries')
    .where('taken_at', '<', ago(60 * MINUTE_MS))
    .execute()
  const taken = await db
    .insertInto('slack_deliveries')
    .values({ delivery_hash, taken_at: now })
    .onConflict((oc) =>
      oc
        .column('delivery_hash')
        .doUpdateSet({ taken_at: now })
        .where('slack_deliveries.done_at', 'is', null)
        .where('slack_deliveries.taken_at', '<', ago(PATIENCE_MS)),
    )
    .returning('taken_at')
    .executeTakeFirst()
  return taken !== undefined
}

export async function finishDelivery(db: Db, delivery_hash: Buffer, now: Date): Promise<void> {
  await db
    .updateTable('slack_deliveries')
    .set({ done_at: now })
    .where('delivery_hash', '=', delivery_hash)
    .execute()
}
