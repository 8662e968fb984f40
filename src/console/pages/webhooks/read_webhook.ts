import type { ReadDb } from '../../../db/database.ts'
import { selectWebhooks } from '../../../queries/webhooks.ts'

/** A webhook with every attempt, the latest first. */
export type ReadWebhook = NonNullable<Awaited<ReturnType<typeof readWebhook>>>
export type Attempt = ReadWebhook['attempts'][number]

/** One webhook of a publisher. */
export async function readWebhook(db: ReadDb, tenant_id: string, id: string) {
  const sent = await selectWebhooks(db, tenant_id)
    .select('event.payload')
    .where('event.webhook_event_id', '=', id)
    .executeTakeFirst()
  if (!sent) return undefined
  const attempts = await db
    .selectFrom('webhook_attempts')
    .select(['attempt', 'started_at', 'ended_at', 'outcome', 'http_status', 'result'])
    .where('webhook_event_id', '=', id)
    .orderBy('attempt', 'desc')
    .execute()
  return { sent, attempts }
}
