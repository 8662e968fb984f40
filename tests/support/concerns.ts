import { keepConcerns } from '../../src/commands/keep_concerns.ts'
import type { DeliveryConcern } from '../../src/db/schema.ts'
import type { TestDesk } from './desk.ts'

/** The clock finds so of every package of a media buy; without a reason, that all is well. */
export async function findConcern(
  { db, now }: TestDesk,
  media_buy_id: string,
  concern: DeliveryConcern,
  reason: string | undefined,
): Promise<void> {
  const packages = await db
    .selectFrom('media_packages')
    .select(['tenant_id', 'package_id'])
    .where('media_buy_id', '=', media_buy_id)
    .orderBy('position')
    .execute()
  const { tenant_id = '' } = packages[0] ?? {}
  const reasons = new Map(packages.map(({ package_id }) => [package_id, reason]))
  const found = { tenant_id, media_buy_id, concern, reasons, now }
  await db.transaction().execute((trx) => keepConcerns(trx, { kind: 'clock', name: 'clock' }, found))
}
