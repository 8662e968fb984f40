import { randomUUID } from 'node:crypto'
import { createdMediaBuy } from '../adcp/media_buy_answers.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import { rejectedResult, webhookPayload } from '../adcp/webhook_payload.ts'
import type { Trx } from '../db/database.ts'
import { enqueue, webhookLane } from '../jobs.ts'
import { selectMediaBuys } from '../queries/media_buys.ts'

/** No webhook is tried for longer. */
export const WEBHOOK_PATIENCE_MS = 24 * 3_600_000

export interface News {
  tenant_id: string
  media_buy_id: string
  now: Date
  /** Why the publisher does not want the purchase; left out when it is accepted. */
  rejected?: string
}

/** Tells the buyer of a purchase, if it asked to be told: the event and its job, in the transaction of what happened. */
export async function announce(trx: Trx, news: News): Promise<void> {
  const { tenant_id, media_buy_id, now, rejected } = news
  const config = await selectConfig(trx, media_buy_id).executeTakeFirst()
  if (!config) return
  const version = config.adcp_version as AdcpVersion
  const webhook_event_id = randomUUID()
  const payload = webhookPayload({
    ...config,
    idempotency_key: webhook_event_id,
    version,
    now,
    ...(rejected === undefined
      ? {
          status: 'completed',
          message: `Bought: ${media_buy_id}.`,
          result:
            (await readForcedResult(trx, config.task_id)) ??
            (await accepted(trx, tenant_id, config.principal_id, media_buy_id, version)),
        }
      : {
          status: 'rejected',
          message: `Declined: ${rejected}`,
          result: rejectedResult(media_buy_id, rejected),
        }),
  })
  await trx
    .insertInto('webhook_events')
    .values({
      webhook_event_id,
      tenant_id,
      media_buy_id,
      payload,
      next_at: now,
      give_up_at: new Date(now.getTime() + WEBHOOK_PATIENCE_MS),
      created_at: now,
      updated_at: now,
    })
    .execute()
  const lane = webhookLane(config.principal_id, config.url)
  await enqueue(trx, 'deliver_webhook', { webhook_event_id, lane })
}

/** What a sandbox buyer asked to be told with comply_test_controller. */
async function readForcedResult(trx: Trx, task_id: string) {
  const step = await trx
    .selectFrom('workflow_steps')
    .select('forced_result')
    .where('task_id', '=', task_id)
    .executeTakeFirst()
  return step?.forced_result as Record<string, unknown> | null | undefined
}

async function accepted(
  trx: Trx,
  tenant_id: string,
  principal_id: string,
  media_buy_id: string,
  version: AdcpVersion,
) {
  const row = await selectMediaBuys(trx, { tenant_id, principal_id })
    .where('buy.media_buy_id', '=', media_buy_id)
    .executeTakeFirstOrThrow()
  return createdMediaBuy(row, version)
}

function selectConfig(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('push_notification_configs as config')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'config.media_buy_id')
    .select([
      'config.url',
      'config.task_id',
      'config.operation_id',
      'config.adcp_version',
      'config.context',
      'buy.principal_id',
    ])
    .where('config.media_buy_id', '=', media_buy_id)
}
