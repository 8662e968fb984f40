import { sql } from 'kysely'
import { isOver, mayMove } from '../adcp/media_buy_lifecycle.ts'
import type { Trx } from '../db/database.ts'
import type { MediaBuyStatus } from '../db/schema.ts'
import { endPendingUpdate } from './end_pending_update.ts'
import { placeMediaBuy } from './place_media_buy.ts'
import { recordEvent, type Actor } from './record.ts'

export interface Move {
  tenant_id: string
  media_buy_id: string
  to: MediaBuyStatus
  action: string
  now: Date
  reason?: string
}

/** The media buy is not where it would have to be for this move; somebody else was faster. */
export class WrongStatusError extends Error {
  override name = 'WrongStatusError'
  readonly status: MediaBuyStatus
  constructor(status: MediaBuyStatus, to: MediaBuyStatus) {
    super(`a media buy that is ${status} cannot become ${to}`)
    this.status = status
  }
}

/**
 * The only way a media buy changes status: under a row lock, along the lifecycle, with revision + 1 and an event. What is over
 * gives its reservations back and takes no change any more; what is canceled or rejected is taken back on the ad servers and lets
 * its creatives go, which stay in the library. Returns the new revision. @throws WrongStatusError
 */
export async function moveMediaBuy(trx: Trx, actor: Actor, move: Move): Promise<number> {
  const { tenant_id, media_buy_id, to, action, now, reason } = move
  const before = await trx
    .selectFrom('media_buys')
    .select(['status', 'revision'])
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  if (!mayMove(before.status, to)) throw new WrongStatusError(before.status, to)

  const revision = before.revision + 1
  const accepted = to !== 'rejected' && to !== 'canceled'
  await trx
    .updateTable('media_buys')
    .set({
      status: to,
      revision,
      updated_at: now,
      ...(to === 'rejected' && { rejection_reason: reason ?? null }),
      ...(to === 'canceled' && {
        canceled_at: now,
        canceled_by: actor.kind === 'buyer' ? 'buyer' : 'seller',
        cancellation_reason: reason ?? null,
      }),
    })
    .$if(accepted, (q) => q.set({ confirmed_at: sql`coalesce(confirmed_at, ${now})` }))
    .where('media_buy_id', '=', media_buy_id)
    .execute()
  if (isOver(to)) {
    await releaseReservations(trx, media_buy_id, now)
    await endPendingUpdate(trx, media_buy_id, now)
  }
  if (!accepted) {
    await releaseCreatives(trx, media_buy_id)
    await placeMediaBuy(trx, { tenant_id, media_buy_id, revision })
  }
  const detail = reason === undefined ? {} : { reason }
  await recordEvent(trx, actor, {
    tenant_id,
    media_buy_id,
    action,
    revision,
    from_status: before.status,
    to_status: to,
    detail,
  })
  return revision
}

async function releaseCreatives(trx: Trx, media_buy_id: string) {
  await trx
    .deleteFrom('creative_assignments')
    .where('package_id', 'in', packagesOf(trx, media_buy_id))
    .execute()
}

const packagesOf = (trx: Trx, media_buy_id: string) =>
  trx.selectFrom('media_packages').select('package_id').where('media_buy_id', '=', media_buy_id)

async function releaseReservations(trx: Trx, media_buy_id: string, now: Date) {
  await trx
    .updateTable('reservations')
    .set({ released_at: now })
    .where('released_at', 'is', null)
    .where('package_id', 'in', packagesOf(trx, media_buy_id))
    .execute()
}
