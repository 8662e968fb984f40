import { sql } from 'kysely'
import type { Db, Trx } from '../db/database.ts'
import { enqueue, webhookLane } from '../jobs.ts'
import { WEBHOOK_PATIENCE_MS } from './tell_buyer.ts'
import { recordAudit, type Actor } from './record.ts'

export interface Replay {
  id: string
  /** Only if it is this publisher's; left out: anybody's. */
  tenant_id?: string
  actor: Actor
  now: Date
}

/** Tries a dead webhook again for another day, with the same id and bytes. False if no dead one has that id. */
export async function replayWebhook(db: Db, { id, tenant_id: of, actor, now }: Replay): Promise<boolean> {
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
      .$if(of !== undefined, (q) => q.where('tenant_id', '=', of ?? ''))
      .returning(['tenant_id', 'media_buy_id', 'task_id', 'webhook_event_id'])
      .executeTakeFirst()
    if (!event) return false
    const { tenant_id, media_buy_id, task_id, webhook_event_id } = event
    const { principal_id, url } = await selectDestination(trx, task_id).executeTakeFirstOrThrow()
    await enqueue(trx, 'deliver_webhook', { webhook_event_id, lane: webhookLane(principal_id, url) })
    await recordAudit(trx, actor, {
      tenant_id,
      action: 'replay_webhook',
      subject_kind: 'media_buy',
      subject_id: media_buy_id,
      detail: { webhook_event_id },
    })
    return true
  })
}

function selectDestination(trx: Trx, task_id: string) {
  return trx
    .selectFrom('push_notification_configs as config')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'config.media_buy_id')
    .select(['buy.principal_id', 'config.url'])
    .where('config.task_id', '=', task_id)
}
