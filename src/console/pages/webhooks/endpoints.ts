import { sql } from 'kysely'
import type { ReadDb } from '../../../db/database.ts'
import type { WebhookScheme } from '../../../db/schema.ts'
import { hostOf } from '../../../queries/webhooks.ts'

/** A server of a buyer that asked to be told, and how it fared lately. */
export interface Endpoint {
  buyer: string
  host: string
  scheme: WebhookScheme
  /** How many purchases, changes and reports it is to hear of. */
  listens_to: number
  /** Of the last days. */
  delivered: number
  waiting: number
  failed: number
  delivered_at: Date | null
  /** When the first of those failed that it has not answered since; null: it answers. */
  failing_since: Date | null
}
export const RECENT_DAYS = 7

/** The servers buyers want to be told at, those in trouble first. Whatever their addresses hold beyond the host stays unsaid. */
export async function readEndpoints(db: ReadDb, tenant_id: string, now: Date): Promise<Endpoint[]> {
  const since = new Date(now.getTime() - RECENT_DAYS * 86_400_000)
  const endpoints = sql<Endpoint>`(
    with listener as (
      select agent.name as buyer, buy.principal_id, ${hostOf(sql.ref('config.url'))} as host, config.scheme,
        count(*)::int as listens_to
      from push_notification_configs config join media_buys buy using (tenant_id, media_buy_id)
        join principals agent on agent.principal_id = buy.principal_id
      where config.tenant_id = ${tenant_id} group by 1, 2, 3, 4),
    sent as (
      select buy.principal_id, ${hostOf(sql.ref('config.url'))} as host, event.state, event.attempts, event.updated_at
      from webhook_events event join push_notification_configs config using (task_id)
        join media_buys buy on buy.media_buy_id = event.media_buy_id
      where event.tenant_id = ${tenant_id} and event.created_at > ${since}),
    fared as (
      select principal_id, host, count(*) filter (where state = 'delivered')::int as delivered,
        count(*) filter (where state = 'pending')::int as waiting, count(*) filter (where state = 'dead')::int as failed,
        max(updated_at) filter (where state = 'delivered') as delivered_at
      from sent group by 1, 2)
    select buyer, listener.host, scheme, listens_to, coalesce(delivered, 0) as delivered, coalesce(waiting, 0) as waiting,
      coalesce(failed, 0) as failed, delivered_at, (
        select min(updated_at) from sent where (sent.principal_id, sent.host) = (listener.principal_id, listener.host)
          and sent.state <> 'delivered' and sent.attempts > 0
          and sent.updated_at > coalesce(fared.delivered_at, '-infinity')) as failing_since
    from listener left join fared using (principal_id, host)
    order by failing_since, buyer, host)`
  return db.selectFrom(endpoints.as('endpoint')).selectAll().execute()
}
