import { sql } from 'kysely'
import type { Db } from '../db/database.ts'
import { enqueue } from '../jobs.ts'
import { WEBHOOK_PATIENCE_MS } from './announce.ts'
import { recordAudit } from './record.ts'

/** Tries a dead webhook again for another day, with the same id and bytes. False if no dead one has that id. */
export async function replayWebhook(db: Db, id: string, by: string, now: Date): Promise<boolean> {
  return db.transaction().execute(async (trx) => {
    const event = await trx
      .updateTable('webhook_events')
      .set({
        state: 'pending',
        next_at: now,
        give_up_at: new Date(now.getTime() + WEBHOOK_PATIENCE_MS),
        updated_at: now,
      })
      .where(sql`webhook_event_id::text`, '=', id)
      .where('state', '=', 'dead')
      .returning(['tenant_id', 'media_buy_id', 'webhook_event_id'])
      .executeTakeFirst()
    if (!event) return false
    const { tenant_id, media_buy_id, webhook_event_id } = event
    await enqueue(trx, 'deliver_webhook', { webhook_event_id })
    await recordAudit(
      trx,
      { kind: 'operator', name: by },
      {
        tenant_id,
        action: 'replay_webhook',
        subject_kind: 'media_buy',
        subject_id: media_buy_id,
        detail: { webhook_event_id },
      },
    )
    return true
  })
}
