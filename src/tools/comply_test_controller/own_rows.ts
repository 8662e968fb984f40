import type { Trx } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { notFound } from './scenario.ts'

/** A media buy this buyer knows of, locked. One that waits for approval is only a task to it. @throws ControllerError NOT_FOUND */
export async function lockMediaBuy(trx: Trx, { tenant_id, principal_id }: Principal, media_buy_id: string) {
  const buy = await trx
    .selectFrom('media_buys')
    .select(['status', 'currency', 'total_budget', 'account_id', 'start_time', 'end_time'])
    .where('tenant_id', '=', tenant_id)
    .where('principal_id', '=', principal_id)
    .where('media_buy_id', '=', media_buy_id)
    .where('status', '<>', 'pending_approval')
    .forUpdate()
    .executeTakeFirst()
  if (!buy) throw notFound('media buy')
  return buy
}
