import { sql } from 'kysely'
import type { Actionable } from '../../adcp/media_buy_actions.ts'
import type { MediaBuyUpdate } from '../../adcp/media_buy_update.ts'
import type { Trx } from '../../db/database.ts'
import type { Pacing, PricingModel } from '../../db/schema.ts'
import { actionable } from '../../queries/media_buys.ts'
import { lockLibrary } from '../assign_creatives.ts'
import { lockCredit } from '../lock_credit.ts'
import type { Account } from '../../queries/own_account.ts'

export interface StandingPackage {
  package_id: string
  position: number
  product_id: string
  pricing_option_id: string
  connection_id: string
  pricing_model: PricingModel
  price: string | null
  bid_price: string | null
  budget: string
  impressions: string | null
  pacing: Pacing
  start_time: Date
  end_time: Date
  format_ids: { agent_url: string; id: string }[]
  targeting_overlay: Record<string, unknown> | null
  paused: boolean
  canceled: boolean
  context: Record<string, unknown> | null
  /** In the currency of the buy. */
  spent: string
}
/** A media buy with all that a change of it is checked against; its row stays locked. */
export interface Standing extends Actionable {
  media_buy_id: string
  tenant_id: string
  principal_id: string
  revision: number
  currency: string
  total_budget: string
  approved_budget: string | null
  start_time: Date
  end_time: Date
  creative_deadline: Date | null
  account: Account
  credit: { left: number; currency: string } | undefined
  packages: StandingPackage[]
}

/**
 * Locks what a change needs, always in this order, so that two never wait for each other: the buyer's library, the account's
 * credit if money is asked for, the media buy. (Products follow when the change is agreed.) Undefined if this is no accepted
 * media buy of the principal.
 */
export async function lockStanding(
  trx: Trx,
  owner: { tenant_id: string; principal_id: string },
  media_buy_id: string,
  request: MediaBuyUpdate,
): Promise<Standing | undefined> {
  const account = await selectAccount(trx, owner, media_buy_id).executeTakeFirst()
  if (!account) return undefined
  await lockLibrary(trx, owner.principal_id)
  const credit = asksForMoney(request) ? await lockCredit(trx, account) : undefined
  await trx
    .selectFrom('media_buys')
    .select('media_buy_id')
    .where('media_buy_id', '=', media_buy_id)
    .forUpdate()
    .execute()
  // read after the lock is held: what it was when we began to wait for it is no longer true
  const buy = await selectBuy(trx, owner, media_buy_id).executeTakeFirstOrThrow()
  const packages = (await selectPackages(trx, media_buy_id).execute()) as unknown as StandingPackage[]
  return { ...buy, ...owner, account, credit, packages }
}

const asksForMoney = ({ packages = [], new_packages = [] }: MediaBuyUpdate) =>
  new_packages.length > 0 || packages.some(({ budget }) => budget !== undefined)

function selectAccount(trx: Trx, owner: { tenant_id: string; principal_id: string }, media_buy_id: string) {
  return trx
    .selectFrom('media_buys as buy')
    .innerJoin('accounts as account', 'account.account_id', 'buy.account_id')
    .select([
      'account.account_id',
      'account.name',
      'account.status',
      'account.sandbox',
      'account.credit_limit',
      'account.credit_currency',
      'account.invoice_recipients',
    ])
    .where('buy.media_buy_id', '=', media_buy_id)
    .where('buy.tenant_id', '=', owner.tenant_id)
    .where('buy.principal_id', '=', owner.principal_id)
    .where('buy.confirmed_at', 'is not', null)
}

function selectBuy(trx: Trx, owner: { tenant_id: string; principal_id: string }, media_buy_id: string) {
  return trx
    .selectFrom('media_buys as buy')
    .select([
      'buy.media_buy_id',
      'buy.status',
      'buy.revision',
      'buy.currency',
      'buy.total_budget',
      'buy.approved_budget',
      'buy.start_time',
      'buy.end_time',
      'buy.creative_deadline',
      ...actionable,
    ])
    .where('buy.media_buy_id', '=', media_buy_id)
    .where('buy.tenant_id', '=', owner.tenant_id)
    .where('buy.principal_id', '=', owner.principal_id)
}

function selectPackages(trx: Trx, media_buy_id: string) {
  return trx
    .selectFrom('media_packages as p')
    .select([
      'p.package_id',
      'p.position',
      'p.product_id',
      'p.pricing_option_id',
      'p.connection_id',
      'p.pricing_model',
      'p.price',
      'p.bid_price',
      'p.budget',
      'p.impressions',
      'p.pacing',
      'p.start_time',
      'p.end_time',
      'p.format_ids',
      'p.targeting_overlay',
      'p.paused',
      'p.canceled',
      'p.context',
      sql<string>`coalesce((select sum(d.spend) from package_delivery d where d.package_id = p.package_id), 0)`.as(
        'spent',
      ),
    ])
    .where('p.media_buy_id', '=', media_buy_id)
    .orderBy('p.position')
}
