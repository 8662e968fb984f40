import { lockLibrary } from '../../commands/assign_creatives.ts'
import { placeCreatives } from '../../commands/place_creatives.ts'
import { recordEvent, type Actor } from '../../commands/record.ts'
import { jsonb, type Db, type Trx } from '../../db/database.ts'
import type { Fulfilment, Step } from './read.ts'
import { isStale } from './states.ts'
import { lockBuy, setStep } from './write.ts'

const adServer: Actor = { kind: 'ad_server', name: 'ad server' }

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
    await trx
      .updateTable('creatives')
      .set({ status: 'rejected', rejection_reason: reason.slice(0, 500), updated_at: now })
      .where('principal_id', '=', principal_id)
      .where('creative_id', '=', creative_id)
      .where('status', '=', 'approved')
      .execute()
    await recordEvent(trx, adServer, {
      tenant_id,
      media_buy_id,
      revision,
      action: 'creative_rejected',
      ...(step.package_id !== null && { package_id: step.package_id }),
      detail: { summary: `Creative ${creative_id} was rejected: ${reason}`.slice(0, 500), creative_id },
    })
    await placeCreatives(trx, { tenant_id, principal_id }, [creative_id])
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
