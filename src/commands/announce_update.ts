import { updatedMediaBuy } from '../adcp/media_buy_answers.ts'
import { rejectedResult } from '../adcp/webhook_payload.ts'
import type { Trx } from '../db/database.ts'
import { readMediaBuy } from '../queries/media_buys.ts'
import { readListener, tellBuyer } from './tell_buyer.ts'
import { quoted } from '../adcp/quoted.ts'

export interface UpdateNews {
  media_buy_id: string
  task_id: string
  now: Date
  /** The packages it changed. */
  affected: readonly string[]
  /** Why the publisher does not want the change; left out when it is made. */
  rejected?: string
}

/** Tells a buyer what became of a change of its media buy, if it asked to be told with the change. */
export async function announceUpdate(trx: Trx, news: UpdateNews): Promise<void> {
  const { media_buy_id, task_id, now, affected, rejected } = news
  const listener = await readListener(trx, { media_buy_id, task_id })
  if (!listener) return
  if (rejected !== undefined)
    return tellBuyer(trx, listener, {
      status: 'rejected',
      message: `Declined: ${quoted(rejected, 1000)}`,
      result: rejectedResult(media_buy_id, rejected),
      now,
    })
  const row = await readMediaBuy(trx, listener, media_buy_id)
  const result = updatedMediaBuy(row, { affected, implementation_date: now }, listener.version)
  await tellBuyer(trx, listener, { status: 'completed', message: `Changed: ${media_buy_id}.`, result, now })
}
