import { keepConcerns } from '../../commands/keep_concerns.ts'
import type { Actor } from '../../commands/record.ts'
import type { Db } from '../../db/database.ts'
import { keepTotals } from './keep_totals.ts'
import { keepNotShown } from './not_shown.ts'
import { selectStanding, type StandingBuy } from './read.ts'
import type { PackageTotal } from './totals.ts'

const adServer: Actor = { kind: 'ad_server', name: 'ad server' }

interface Asked extends StandingBuy {
  connection_id: string
  now: Date
}
/** What an ad server said of it: why packages are not served, by package, and what they delivered up to a moment. */
interface Said {
  not_serving: ReadonlyMap<string, string>
  totals: readonly PackageTotal[]
  as_of: Date
}

/** Notes what an ad server said of a media buy, unless the media buy has changed since it was asked. */
export async function settleStanding(
  db: Db,
  asked: Asked,
  { not_serving, totals, as_of }: Said,
): Promise<void> {
  const { tenant_id, media_buy_id, connection_id, now } = asked
  await db.transaction().execute(async (trx) => {
    await trx
      .selectFrom('media_buys')
      .select('media_buy_id')
      .where('media_buy_id', '=', media_buy_id)
      .forUpdate()
      .execute()
    const still = await selectStanding(trx, connection_id, now)
      .where('f.media_buy_id', '=', media_buy_id)
      .executeTakeFirst()
    if (still?.desired_revision !== asked.desired_revision) return
    await keepTotals(trx, asked, totals, as_of)
    await keepNotShown(trx, asked)
    const elsewhere = await trx
      .selectFrom('delivery_concerns as c')
      .innerJoin('media_packages as p', 'p.package_id', 'c.package_id')
      .select(['c.package_id', 'c.reason'])
      .where('c.media_buy_id', '=', media_buy_id)
      .where('c.concern', '=', 'not_serving')
      .where('c.closed_at', 'is', null)
      .where('p.connection_id', '<>', connection_id)
      .execute()
    const reasons = new Map([
      ...elsewhere.map(({ package_id, reason }): [string, string] => [package_id, reason]),
      ...not_serving,
    ])
    await keepConcerns(trx, adServer, { tenant_id, media_buy_id, concern: 'not_serving', reasons, now })
  })
}
