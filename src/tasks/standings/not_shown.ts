import { keepConcerns } from '../../commands/keep_concerns.ts'
import type { Actor } from '../../commands/record.ts'
import type { Trx } from '../../db/database.ts'

/** Notes the packages of a media buy that have a creative its ad server refuses to show. The caller has locked the media buy. */
export async function keepNotShown(
  trx: Trx,
  about: { tenant_id: string; media_buy_id: string; now: Date },
): Promise<void> {
  const rows = await trx
    .selectFrom('media_packages as p')
    .innerJoin('creative_assignments as a', 'a.package_id', 'p.package_id')
    .innerJoin('creatives as c', (join) =>
      join.onRef('c.principal_id', '=', 'a.principal_id').onRef('c.creative_id', '=', 'a.creative_id'),
    )
    .select(['p.package_id', 'c.creative_id', 'c.rejection_reason'])
    .where('p.media_buy_id', '=', about.media_buy_id)
    .where('p.canceled', '=', false)
    .where('c.status', '=', 'rejected')
    .orderBy('c.creative_id', 'desc')
    .execute()
  const reasons = new Map(
    rows.map(({ package_id, creative_id, rejection_reason }) => [
      package_id,
      `Creative ${creative_id} was rejected: ${rejection_reason ?? 'no reason was given'}`,
    ]),
  )
  await keepConcerns(trx, adServer, { ...about, concern: 'creative_not_shown', reasons })
}

const adServer: Actor = { kind: 'ad_server', name: 'ad server' }
