import { isOver, mediaBuyTransitions } from '../../adcp/media_buy_lifecycle.ts'
import type { ReadDb } from '../../db/database.ts'
import type { MediaBuyStatus } from '../../db/schema.ts'

const running = (Object.keys(mediaBuyTransitions) as MediaBuyStatus[]).filter((status) => !isOver(status))

/** The media buys of a publisher that are not over, those that wait for a person among them; what is bought in the sandbox runs nowhere. */
export const selectRunningBuys = (db: ReadDb, tenant_id: string) =>
  db
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select(['buy.media_buy_id', 'buy.end_time'])
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.status', 'in', running)
    .where('account.sandbox', '=', false)
    .orderBy('buy.media_buy_id')
