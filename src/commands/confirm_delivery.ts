import type { Trx } from '../db/database.ts'
import type { DeliverySource } from '../db/schema.ts'
import { wakeReports } from './record_delivery.ts'

export interface Confirmation {
  tenant_id: string
  media_buy_id: string
  package_id: string
  source: DeliverySource
  /** Up to when the source has counted; what it told before stands. */
  as_of: Date
  /** Nothing it told of this package will change any more. */
  final: boolean
  now: Date
}

/**
 * A source has counted on: what it told of a package is fresher, or final. A package it never told anything of delivered nothing, and
 * that is now known.
 */
export async function confirmDelivery(trx: Trx, confirmation: Confirmation): Promise<void> {
  const { tenant_id, media_buy_id, package_id, source, as_of, final, now } = confirmation
  const told = () =>
    trx.selectFrom('package_delivery').where('package_id', '=', package_id).where('source', '=', source)
  const last = await told()
    .select(['day', 'hour'])
    .orderBy('day', 'desc')
    .orderBy('hour', (o) => o.desc().nullsLast())
    .executeTakeFirst()
  const slot = {
    package_id,
    source,
    day: last?.day ?? as_of.toISOString().slice(0, 10),
    hour: last?.hour ?? null,
  }
  await trx
    .insertInto('package_delivery')
    .values({ ...slot, tenant_id, media_buy_id, impressions: 0, spend: 0, as_of, recorded_at: now })
    .onConflict((oc) =>
      oc
        .columns(['package_id', 'day', 'hour', 'source'])
        .doUpdateSet({ as_of, recorded_at: now })
        .where('package_delivery.as_of', '<', as_of),
    )
    .execute()
  if (final)
    await trx
      .updateTable('package_delivery')
      .set({ finalized_at: now })
      .where('package_id', '=', package_id)
      .where('source', '=', source)
      .where('finalized_at', 'is', null)
      .execute()
  await wakeReports(trx, media_buy_id, now)
}
