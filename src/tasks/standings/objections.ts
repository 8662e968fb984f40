import { lockLibrary } from '../../commands/assign_creatives.ts'
import { rejectCreative } from '../../commands/reject_creative.ts'
import type { Db } from '../../db/database.ts'
import { lockBuy } from '../fulfilment/write.ts'
import { keepNotShown } from './not_shown.ts'
import { selectStanding, type StandingBuy } from './read.ts'

export interface Objected {
  connection_id: string
  creative_id: string
  reason: string
  now: Date
}

/** Rejects a creative the ad server objects to though it took it before, unless the media buy has changed since it was asked. */
export async function settleObjection(db: Db, asked: StandingBuy, objected: Objected): Promise<void> {
  const { tenant_id, principal_id, media_buy_id } = asked
  const { connection_id, creative_id, reason, now } = objected
  await db.transaction().execute(async (trx) => {
    await lockLibrary(trx, principal_id)
    const { revision } = await lockBuy(trx, media_buy_id)
    const still = await selectStanding(trx, connection_id, now)
      .where('f.media_buy_id', '=', media_buy_id)
      .executeTakeFirst()
    if (still?.desired_revision !== asked.desired_revision) return
    const where = { tenant_id, principal_id, media_buy_id, revision, package_id: null }
    await rejectCreative(trx, { ...where, creative_id, reason, now })
    await keepNotShown(trx, { tenant_id, media_buy_id, now })
  })
}
