import { z } from 'zod'
import { creativeTransitions } from '../../adcp/creative_lifecycle.ts'
import { lockLibrary } from '../../commands/assign_creatives.ts'
import { startReadyMediaBuys } from '../../commands/start_ready_media_buys.ts'
import { actorOf, invalidTransition, moved, notFound, scenario } from './scenario.ts'

const params = z.looseObject({
  creative_id: z.string().min(1),
  status: z.enum(['processing', 'pending_review', 'approved', 'rejected', 'archived']),
  rejection_reason: z.string().max(2000).optional(),
})

/** Gives a creative another status along its lifecycle; media buys that waited for it go on. */
export const forceCreativeStatus = scenario(
  params,
  async (trx, { creative_id, status, rejection_reason }, sandbox) => {
    const { principal, now } = sandbox
    await lockLibrary(trx, principal.principal_id)
    const creative = await trx
      .selectFrom('creatives')
      .select('status')
      .where('principal_id', '=', principal.principal_id)
      .where('creative_id', '=', creative_id)
      .executeTakeFirst()
    if (!creative) throw notFound('creative')
    if (creative.status === status) return moved(status, status)
    if (!creativeTransitions[creative.status].includes(status))
      throw invalidTransition(creative.status, status)
    await trx
      .updateTable('creatives')
      .set({
        status,
        rejection_reason: status === 'rejected' ? (rejection_reason ?? null) : null,
        updated_at: now,
      })
      .where('principal_id', '=', principal.principal_id)
      .where('creative_id', '=', creative_id)
      .execute()
    await startReadyMediaBuys(trx, actorOf(sandbox), principal, now)
    return moved(creative.status, status)
  },
)
