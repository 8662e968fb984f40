import type { Trx } from '../db/database.ts'
import { purchaseNow } from './announce.ts'
import { readListener, tellBuyer } from './tell_buyer.ts'

export interface StatusNews {
  media_buy_id: string
  now: Date
  message: string
}

/** Tells the buyer that its media buy has moved on by itself: once more what create_media_buy answers, as it is now. */
export async function announceStatus(trx: Trx, { media_buy_id, now, message }: StatusNews): Promise<void> {
  const listener = await readListener(trx, { media_buy_id })
  if (!listener) return
  const result = await purchaseNow(trx, listener)
  await tellBuyer(trx, listener, { status: 'completed', message, result, now })
}
