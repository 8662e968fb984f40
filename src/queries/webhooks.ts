import { sql, type RawBuilder } from 'kysely'
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

export type SentWebhook = Awaited<ReturnType<ReturnType<typeof selectWebhooks>['execute']>>[number]

/** A publisher's webhooks, whatever became of them; narrow and sort it. */
export function selectWebhooks(db: ReadDb, tenant_id: string) {
  return db
    .selectFrom('webhook_events as event')
    .innerJoin('push_notification_configs as config', 'config.task_id', 'event.task_id')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'event.media_buy_id')
    .innerJoin('principals as agent', 'agent.principal_id', 'buy.principal_id')
    .where('event.tenant_id', '=', tenant_id)
    .select([
      'event.webhook_event_id',
      'event.media_buy_id',
      'event.state',
      'event.attempts',
      'event.next_at',
      'event.give_up_at',
      'event.last_result',
      'event.created_at',
      'config.url',
      'config.scheme',
      'config.task_type',
      hostOf(sql.ref('config.url')).as('host'),
      'agent.name as buyer',
      sql<string>`buy.brand ->> 'domain'`.as('brand'),
      sql<string | null>`event.payload::jsonb ->> 'status'`.as('told'),
    ])
}

/** Where an address leads, without the path, which may say more than it should. */
export const hostOf = (url: RawBuilder<unknown>) =>
  sql<string>`substring(${url} from '^[a-z]+://(?:[^@/]*@)?([^/?#]+)')`

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
  select from push_notification_configs as config
  where config.media_buy_id = step.media_buy_id and config.task_id = step.task_id offset 0)`
