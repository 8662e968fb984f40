import { behindBy } from '../adcp/delivery_pace.ts'
import { sql } from 'kysely'
import { keepConcerns } from '../commands/keep_concerns.ts'
import type { Actor } from '../commands/record.ts'
import type { Db } from '../db/database.ts'
import { selectDelivery } from '../queries/delivery.ts'
import { defineTask } from './define-task.ts'

/**
 * Finds guaranteed packages of running media buys that are further behind than their publisher puts up with, from the figures
 * there are, and those that have caught up. What is not counted yet is not judged.
 */
export const watchPace = defineTask({
  name: 'watch_pace',
  async run(_payload, { db, log, signal, ...ctx }) {
    for (const { media_buy_id, tenant_id } of await selectWatched(db)) {
      if (signal.aborted) return
      try {
        await watch(db, tenant_id, media_buy_id, ctx.clock())
      } catch (error) {
        log.error({ media_buy_id, err: error }, 'pace could not be judged')
      }
    }
  },
})

/** Those that run, and those something is noted of. */
function selectWatched(db: Db) {
  return db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select(['buy.media_buy_id', 'buy.tenant_id'])
    .where('account.sandbox', '=', false)
    .where(
      sql<boolean>`(buy.status = 'active' or exists (
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
    const judged = row.packages.filter(({ guaranteed }) => guaranteed && status === 'active')
    const reasons = judged.map((item): [string, string | undefined] => {
      const ever = row.ever.find(({ package_id }) => package_id === item.package_id)
      return [item.package_id, behindBy({ item, ever }, behind_percent)]
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
