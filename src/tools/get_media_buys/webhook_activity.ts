import { sql } from 'kysely'
import type { ReadDb } from '../../db/database.ts'
import type { Output } from '../define-tool.ts'

/**
 * Each attempt to send a delivery report, the latest first, by media_buy_id (AdCP's core/webhook-activity-record). A buy without a
 * reporting webhook has no entry. URLs come without what could be a secret.
 */
export async function readWebhookActivity(
  db: ReadDb,
  tenantId: string,
  ids: string[],
  each: number,
): Promise<Map<string, Output[]>> {
  if (ids.length === 0) return new Map()
  const listening = await db
    .selectFrom('reporting_webhooks')
    .select('media_buy_id')
    .distinct()
    .where('tenant_id', '=', tenantId)
    .where('media_buy_id', 'in', ids)
    .execute()
  const rows = await selectAttempts(db, tenantId, ids, each).execute()
  return new Map(
    listening.map(({ media_buy_id }) => [
      media_buy_id,
      rows.filter((row) => row.media_buy_id === media_buy_id).map(toRecord),
    ]),
  )
}

type AttemptRow = Awaited<ReturnType<ReturnType<typeof selectAttempts>['execute']>>[number]

function toRecord(row: AttemptRow): Output {
  const { started_at, ended_at, http_status, result } = row
  const status = statusOf(row)
  const answered = http_status !== null && ended_at !== null
  return {
    idempotency_key: row.webhook_event_id,
    fired_at: started_at.toISOString(),
    completed_at: ended_at?.toISOString() ?? null,
    notification_type: row.notification_type,
    sequence_number: row.sequence_number,
    attempt: row.attempt,
    status,
    url: withoutSecrets(row.url),
    http_status_code: http_status,
    response_time_ms: answered ? Math.max(0, ended_at.getTime() - started_at.getTime()) : null,
    error_message: status === 'success' ? null : (result?.slice(0, 500) ?? null),
  }
}

function statusOf({ outcome, http_status, result }: AttemptRow): string {
  if (outcome === 'unknown') return 'pending'
  if (outcome === 'delivered') return 'success'
  if (http_status !== null) return 'failed'
  return result === 'no answer in time' ? 'timeout' : 'connection_error'
}

/** Origin and path; a part of the path that looks made up by chance may be a token. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url)
  const parts = pathname.split('/').map((part) => (/^(?=.*\d)[\w.~-]{16,}$/.test(part) ? 'redacted' : part))
  return origin + parts.join('/')
}

function selectAttempts(db: ReadDb, tenantId: string, ids: string[], each: number) {
  const numbered = db
    .selectFrom('webhook_attempts as attempt')
    .innerJoin('webhook_events as event', 'event.webhook_event_id', 'attempt.webhook_event_id')
    .innerJoin('delivery_reports as report', 'report.webhook_event_id', 'event.webhook_event_id')
    .innerJoin('push_notification_configs as config', 'config.task_id', 'event.task_id')
    .select([
      'report.media_buy_id',
      'report.notification_type',
      'report.sequence_number',
      'attempt.webhook_event_id',
      'attempt.attempt',
      'attempt.started_at',
      'attempt.ended_at',
      'attempt.outcome',
      'attempt.http_status',
      'attempt.result',
      'config.url',
      sql<number>`row_number() over (partition by report.media_buy_id
        order by attempt.started_at desc, report.sequence_number desc, attempt.attempt desc)`.as('age'),
    ])
    .where('report.tenant_id', '=', tenantId)
    .where('report.media_buy_id', 'in', ids)
  return db.selectFrom(numbered.as('attempt')).selectAll().where('age', '<=', each).orderBy('age')
}
