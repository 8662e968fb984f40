import { sql } from 'kysely'
import { z } from 'zod'
import { recordDelivery } from '../../commands/record_delivery.ts'
import type { Trx } from '../../db/database.ts'
import type { Principal } from '../define-tool.ts'
import { lockMediaBuy } from './own_rows.ts'
import { invalidParams, notFound, scenario } from './scenario.ts'

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional()
const deliveryParams = z.looseObject({
  media_buy_id: z.string().min(1),
  impressions: count,
  clicks: count,
  conversions: count,
  reported_spend: z
    .looseObject({ amount: z.number().min(0).max(1e11), currency: z.string().regex(/^[A-Z]{3}$/) })
    .optional(),
})

/** Adds to what was delivered of a media buy, today or on the nearest day of its flight. */
export const simulateDelivery = scenario(deliveryParams, async (trx, request, { principal, now }) => {
  const { media_buy_id, impressions = 0, clicks, conversions, reported_spend } = request
  const { tenant_id } = principal
  const buy = await lockMediaBuy(trx, principal, media_buy_id)
  if (reported_spend && reported_spend.currency !== buy.currency)
    throw invalidParams(`reported_spend.currency: this media buy is in ${buy.currency}.`)
  const measured = {
    ...(clicks !== undefined && { clicks }),
    ...(conversions !== undefined && { conversions }),
  }
  const time = Math.min(Math.max(now.getTime(), buy.start_time.getTime()), buy.end_time.getTime() - 1)
  await recordDelivery(trx, {
    tenant_id,
    media_buy_id,
    day: new Date(time).toISOString().slice(0, 10),
    source: 'sandbox',
    figures: { impressions, spend: reported_spend?.amount ?? 0, ...measured },
    mode: 'add',
    as_of: now,
    now,
  })
  const total = await selectTotal(trx, tenant_id, media_buy_id).executeTakeFirstOrThrow()
  const money = (amount: number) => ({ amount, currency: buy.currency })
  return {
    simulated: { impressions, ...measured, ...(reported_spend && { reported_spend }) },
    cumulative: {
      impressions: Number(total.impressions),
      ...(total.clicks !== null && { clicks: Number(total.clicks) }),
      ...(total.conversions !== null && { conversions: Number(total.conversions) }),
      reported_spend: money(Number(total.spend)),
    },
  }
})

function selectTotal(trx: Trx, tenant_id: string, media_buy_id: string) {
  const sum = (column: string) => sql<string | null>`sum(${sql.ref(column)})::text`.as(column)
  return trx
    .selectFrom('package_delivery')
    .select([sum('impressions'), sum('clicks'), sum('conversions'), sum('spend')])
    .where('tenant_id', '=', tenant_id)
    .where('media_buy_id', '=', media_buy_id)
    .where('source', '=', 'sandbox')
}

const budgetParams = z
  .looseObject({
    media_buy_id: z.string().min(1).optional(),
    account_id: z.string().min(1).optional(),
    spend_percentage: z.number().min(0).max(100),
  })
  .refine(({ media_buy_id, account_id }) => media_buy_id !== undefined || account_id !== undefined, {
    error: 'give media_buy_id or account_id',
  })

/** Says how much of a budget is spent; the next time replaces it. get_account_financials shows it. */
export const simulateBudgetSpend = scenario(budgetParams, async (trx, request, { principal, now }) => {
  const { media_buy_id = null, account_id, spend_percentage } = request
  const of =
    media_buy_id === null
      ? await accountBudget(trx, principal, account_id ?? '')
      : await mediaBuyBudget(trx, principal, media_buy_id)
  const amount = Math.round(of.budget * spend_percentage) / 100
  const spend = { amount: amount.toFixed(2), currency: of.currency, set_at: now }
  await trx
    .insertInto('sandbox_spend')
    .values({ tenant_id: principal.tenant_id, account_id: of.account_id, media_buy_id, ...spend })
    .onConflict((oc) => oc.columns(['account_id', 'media_buy_id']).doUpdateSet(spend))
    .execute()
  const money = (value: number) => ({ amount: value, currency: of.currency })
  return { simulated: { spend_percentage, computed_spend: money(amount), budget: money(of.budget) } }
})

async function mediaBuyBudget(trx: Trx, principal: Principal, media_buy_id: string) {
  const { account_id, total_budget, currency } = await lockMediaBuy(trx, principal, media_buy_id)
  return { account_id, budget: Number(total_budget), currency }
}

async function accountBudget(trx: Trx, { tenant_id, principal_id }: Principal, account_id: string) {
  const account = await trx
    .selectFrom('accounts as account')
    .innerJoin('account_principals as member', 'member.account_id', 'account.account_id')
    .select(['credit_limit', 'credit_currency'])
    .where('account.tenant_id', '=', tenant_id)
    .where('account.account_id', '=', account_id)
    .where('account.sandbox', '=', true)
    .where('member.principal_id', '=', principal_id)
    .executeTakeFirst()
  if (!account) throw notFound('account')
  const { credit_limit, credit_currency } = account
  if (credit_limit === null || credit_currency === null)
    throw invalidParams('account_id: this account has no credit limit to spend of. Name a media_buy_id.')
  return { account_id, budget: Number(credit_limit), currency: credit_currency }
}
