import { sql } from 'kysely'
import type { ReadDb } from '../db/database.ts'

/** Webhooks nobody tries any more, the oldest first. */
export function selectDeadWebhooks(db: ReadDb) {
  return db
    .selectFrom('webhook_events as event')
    .innerJoin('push_notification_configs as config', 'config.task_id', 'event.task_id')
    .select([
      'event.webhook_event_id',
      'event.media_buy_id',
      'config.url',
      'event.attempts',
      'event.last_result',
      'event.created_at',
    ])
    .where('event.state', '=', 'dead')
    .orderBy('event.created_at')
}

/** The public half of every key webhooks are, soon will be or lately were signed with. */
export function selectPublicKeys(db: ReadDb, now: Date) {
  return db
    .selectFrom('webhook_signing_keys')
    .select('public_jwk')
    .where((eb) => eb.or([eb('withdrawn_at', 'is', null), eb('withdrawn_at', '>', now)]))
    .orderBy('tenant_id')
    .orderBy('signs_from')
}

/** Whether the buyer of the task in `step` is told by webhook. */
export const hasWebhook = sql<boolean>`exists (
  select from push_notification_configs as config where config.task_id = step.task_id)`
