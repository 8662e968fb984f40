import { behindBy, deliveredNothing, type Paced } from '../adcp/delivery_pace.ts'
import { sql } from 'kysely'
import { keepConcerns } from '../commands/keep_concerns.ts'
import type { Actor } from '../commands/record.ts'
import type { Db } from '../db/database.ts'
import { selectDelivery } from '../queries/delivery.ts'
import { defineTask } from './define-task.ts'

const DAY_MS = 86_400_000
/** So long after the end figures may still be corrected, and a person may want to make good what is missing. */
const REMEMBERED_MS = 31 * DAY_MS
/** So long after the end somebody looks whether anything was delivered; by then it is counted. */
const COUNTED_MS = 3 * DAY_MS

/**
 * Finds guaranteed packages that are further behind than their publisher puts up with, or were at their end, and packages that delivered
 * nothing at all, from the figures there are; and those that have caught up. What is not counted yet is not judged.
 */
export const watchPace = defineTask({
  name: 'watch_pace',
  async run(_payload, { db, log, signal, ...ctx }) {
    for (const { media_buy_id, tenant_id } of await selectWatched(db, ctx.clock())) {
      if (signal.aborted) return
      try {
        await watch(db, tenant_id, media_buy_id, ctx.clock())
      } catch (error) {
        log.error({ media_buy_id, err: error }, 'pace could not be judged')
      }
    }
  },
})

/** Those that run or have just ended, and those something is noted of. */
function selectWatched(db: Db, now: Date) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select(['buy.media_buy_id', 'buy.tenant_id'])
    .where('account.sandbox', '=', false)
    .where(
      sql<boolean>`(buy.status = 'active' or buy.status = 'completed' and buy.end_time > ${new Date(now.getTime() - COUNTED_MS)} or exists (
        select from delivery_concerns c where c.media_buy_id = buy.media_buy_id and c.closed_at is null))`,
    )
    .orderBy('buy.media_buy_id')
    .execute()
}

async function watch(db: Db, tenant_id: string, media_buy_id: string, now: Date) {
  await db.transaction().execute(async (trx) => {
    const { status, behind_percent } = await trx
      .selectFrom('media_buys as buy')
      .innerJoin('tenants as tenant', 'tenant.tenant_id', 'buy.tenant_id')
      .select(['buy.status', 'tenant.behind_percent'])
      .where('buy.media_buy_id', '=', media_buy_id)
      .forUpdate('buy')
      .executeTakeFirstOrThrow()
    const row = await selectDelivery(trx, tenant_id, {})
      .where('buy.media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    const ended = status === 'completed' && now.getTime() - row.end_time.getTime() < REMEMBERED_MS
    const judged = status === 'active' || ended ? row.packages : []
    const reasons = judged.map((item): [string, string | undefined] => {
      const paced: Paced = { item, ever: row.ever.find(({ package_id }) => package_id === item.package_id) }
      const nothing = ended ? deliveredNothing(paced) : undefined
      return [item.package_id, nothing ?? (item.guaranteed ? behindBy(paced, behind_percent) : undefined)]
    })
    const about = { tenant_id, media_buy_id, now }
    await keepConcerns(trx, clock, { ...about, concern: 'behind', reasons: new Map(reasons) })
    // what does not run need not be served
    if (status !== 'active' && status !== 'pending_start')
      for (const concern of ['not_serving', 'creative_not_shown'] as const)
        await keepConcerns(trx, clock, { ...about, concern, reasons: new Map() })
  })
}

const clock: Actor = { kind: 'clock', name: 'clock' }
