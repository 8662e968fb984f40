import { AdcpError } from '../adcp/error.ts'
import type { Db, Trx } from '../db/database.ts'
import { announce } from './announce.ts'
import { announceStatus } from './announce_status.ts'
import { changeMediaBuy } from './change_media_buy.ts'
import type { Changer } from './change_media_buy/agree_change.ts'
import type { Actor } from './record.ts'

export interface Steering {
  tenant_id: string
  media_buy_id: string
  /** A buyer reads the reason for which its purchase is taken back. */
  to: { type: 'paused' } | { type: 'resumed' } | { type: 'canceled'; reason: string }
  /** Somebody at the publisher. */
  actor: Actor
  now: Date
}
export type SteeringOutcome =
  | { type: 'recorded' }
  /** It was so before. */
  | { type: 'unchanged' }
  | { type: 'refused'; why: string }
  /** There is no such purchase, or nobody has accepted it yet. */
  | { type: 'not_found' }

/**
 * The publisher stops a media buy, lets it go on or takes it back: the change a buyer could ask for with update_media_buy, judged and
 * carried out in the same way, and told to the buyer, in one transaction.
 */
export async function steerMediaBuy(db: Db, steering: Steering): Promise<SteeringOutcome> {
  try {
    return await db.transaction().execute((trx) => steer(trx, steering))
  } catch (error) {
    if (!(error instanceof AdcpError)) throw error
    return { type: 'refused', why: error.problems.map(({ message }) => message).join(' ') }
  }
}

async function steer(
  trx: Trx,
  { tenant_id, media_buy_id, to, actor, now }: Steering,
): Promise<SteeringOutcome> {
  const buyer = await selectBuyer(trx, tenant_id, media_buy_id).executeTakeFirst()
  if (!buyer) return { type: 'not_found' }
  const request =
    to.type === 'canceled'
      ? ({ canceled: true, cancellation_reason: to.reason } as const)
      : { paused: to.type === 'paused' }
  const outcome = await changeMediaBuy(trx, buyer, { media_buy_id, request, actor, now })
  if (outcome.type !== 'done') return { type: 'not_found' }
  if (!outcome.changed) return { type: 'unchanged' }
  if (to.type === 'canceled') await announce(trx, { tenant_id, media_buy_id, now, canceled: to.reason })
  else await announceStatus(trx, { media_buy_id, now, message: `${words[to.type]}: ${media_buy_id}.` })
  return { type: 'recorded' }
}

const words = { paused: 'Paused by the publisher', resumed: 'Resumed by the publisher' }

/** Whose purchase it is: what is changed is changed in that buyer's name. */
function selectBuyer(trx: Trx, tenant_id: string, media_buy_id: string) {
  return trx
    .selectFrom('media_buys as buy')
    .innerJoin('principals as p', 'p.principal_id', 'buy.principal_id')
    .select(['p.tenant_id', 'p.principal_id', 'p.sandbox', 'p.allowed_product_ids'])
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.media_buy_id', '=', media_buy_id)
    .$castTo<Changer>()
}
