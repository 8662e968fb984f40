import { canceledMediaBuy, createdMediaBuy } from '../adcp/media_buy_answers.ts'
import { rejectedResult } from '../adcp/webhook_payload.ts'
import type { Trx } from '../db/database.ts'
import { readMediaBuy } from '../queries/media_buys.ts'
import { readListener, tellBuyer, type Listener } from './tell_buyer.ts'
import { quoted } from '../adcp/quoted.ts'

export interface News {
  tenant_id: string
  media_buy_id: string
  now: Date
  /** Why the publisher does not want the purchase, and it never ran; left out when it is accepted. */
  rejected?: string
  /** Why it was taken back after it was accepted, though not by its buyer. */
  canceled?: string
}

/** Tells the buyer of a purchase, if it asked to be told: the event and its job, in the transaction of what happened. */
export async function announce(trx: Trx, { media_buy_id, now, rejected, canceled }: News): Promise<void> {
  const listener = await readListener(trx, { media_buy_id })
  if (!listener) return
  if (canceled !== undefined) {
    const result = canceledMediaBuy(await readBuy(trx, listener), listener.version)
    return tellBuyer(trx, listener, {
      status: 'canceled',
      message: `Canceled: ${quoted(canceled, 1000)}`,
      result,
      now,
    })
  }
  if (rejected === undefined) {
    const result = (await readForcedResult(trx, listener)) ?? (await purchaseNow(trx, listener))
    return tellBuyer(trx, listener, { status: 'completed', message: `Bought: ${media_buy_id}.`, result, now })
  }
  await tellBuyer(trx, listener, {
    status: 'rejected',
    message: `Declined: ${quoted(rejected, 1000)}`,
    result: rejectedResult(media_buy_id, rejected),
    now,
  })
}

/** What a sandbox buyer asked to be told with comply_test_controller. */
async function readForcedResult(trx: Trx, { task_id }: Listener) {
  const step = await trx
    .selectFrom('workflow_steps')
    .select('forced_result')
    .where('task_id', '=', task_id)
    .executeTakeFirst()
  return step?.forced_result as Record<string, unknown> | null | undefined
}

/** What create_media_buy would answer now, in the buyer's release. */
export const purchaseNow = async (trx: Trx, listener: Listener) =>
  createdMediaBuy(await readBuy(trx, listener), listener.version)

const readBuy = (trx: Trx, listener: Listener) => readMediaBuy(trx, listener, listener.media_buy_id)
