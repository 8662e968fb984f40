import { lockLibrary } from '../../commands/assign_creatives.ts'
import { rejectCreative } from '../../commands/reject_creative.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import type { Fulfilment, Step } from './read.ts'
import { isStale } from './states.ts'
import { lockBuy, setStep } from './write.ts'

/**
 * The ad server will not show a creative: the buyer sees it rejected and why, and its orders go on without it until it is sent anew.
 * The step waits to be dropped by the next plan. If the order is wanted otherwise by now, that plan decides, and nothing is rejected.
 */
export async function settleCreativeRefused(
  db: Db,
  fulfilment: Fulfilment,
  step: Step,
  { creative_id, reason }: { creative_id: string; reason: string },
  now: Date,
) {
  const { tenant_id, media_buy_id, fulfilment_id } = fulfilment
  await db.transaction().execute(async (trx) => {
    const { principal_id } = await trx
      .selectFrom('media_buys')
      .select('principal_id')
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    await lockLibrary(trx, principal_id)
    const { revision } = await lockBuy(trx, media_buy_id)
    const last_error = jsonb({ code: 'creative_refused', message: reason })
    await setStep(trx, step, { state: 'planned', next_at: null, last_error })
    if (await isWantedOtherwise(trx, fulfilment_id)) return
    const { package_id } = step
    const where = { tenant_id, media_buy_id, revision, package_id }
    await rejectCreative(trx, { ...where, principal_id, creative_id, reason, now })
  })
}

async function isWantedOtherwise(trx: Trx, fulfilment_id: string): Promise<boolean> {
  const now = await trx
    .selectFrom('fulfilments')
    .select(['desired_revision', 'planned_revision'])
    .where('fulfilment_id', '=', fulfilment_id)
    .executeTakeFirstOrThrow()
  return isStale(now)
}
