import { z } from 'zod'
import { mediaBuyStatus } from '../../adcp/request_schemas.ts'
import { announce } from '../../commands/announce.ts'
import { moveMediaBuy, WrongStatusError } from '../../commands/move_media_buy.ts'
import { actorOf, invalidTransition, moved, scenario } from './scenario.ts'
import { lockMediaBuy } from './own_rows.ts'

const params = z.looseObject({
  media_buy_id: z.string().min(1),
  status: mediaBuyStatus,
  rejection_reason: z.string().max(2000).optional(),
})

/** Moves a media buy as the publisher or time would; the buyer is told what it would be told then. */
export const forceMediaBuyStatus = scenario(params, async (trx, request, sandbox) => {
  const { principal, now } = sandbox
  const { tenant_id } = principal
  const {
    media_buy_id,
    status: to,
    rejection_reason: reason = 'Rejected by comply_test_controller.',
  } = request
  const { status: from } = await lockMediaBuy(trx, principal, media_buy_id)
  if (from === to) return moved(from, to)
  const rejected = to === 'rejected'
  const move = { tenant_id, media_buy_id, to, action: 'forced', now, ...(rejected && { reason }) }
  await moveMediaBuy(trx, actorOf(sandbox), move).catch((error: unknown) => {
    throw error instanceof WrongStatusError ? invalidTransition(from, to) : error
  })
  if (rejected) await announce(trx, { tenant_id, media_buy_id, now, rejected: reason })
  return moved(from, to)
})
