import { sql } from 'kysely'
import { z } from 'zod'
import { AdcpError } from '../adcp/error.ts'
import { accountRef, date, envelope } from '../adcp/request_schemas.ts'
import { accountNotFound } from '../commands/resolve_account.ts'
import type { ReadDb } from '../db/database.ts'
import { isAccount, selectAccounts, selectCreditLeft, type AccountRow } from '../queries/accounts.ts'
import { firstCurrency } from '../queries/portfolio.ts'
import { readSandboxSpend } from '../queries/sandbox_spend.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'

const input = z.looseObject({
  ...envelope,
  account: accountRef,
  period: z
    .looseObject({ start: date, end: date })
    .refine(({ start, end }) => start <= end, { error: 'start must not be after end' })
    .optional()
    .describe('Days in UTC, both included; this month if left out.'),
})
interface Period {
  start: string
  end: string
}

export const getAccountFinancials = readTool({
  name: 'get_account_financials',
  title: 'See what an account has left to spend',
  description:
    'Credit limit, credit left and what you bought in a period on one account. Spend counts the budgets of media buys confirmed in the period; for what was delivered use get_media_buy_delivery. Example: {"account": {"account_id": "acc_…"}}',
  input,
  summary,
  async handle({ account: ref, period: asked }, { db, principal, now }) {
    const account = await selectAccounts(db, principal).where(isAccount(ref)).executeTakeFirst()
    if (!account) throw new AdcpError(accountNotFound)
    if (account.billing !== 'operator') throw notOurBilling
    const period = asked ? { start: asked.start, end: asked.end } : monthOf(now)
    const spends = await selectSpend(db, principal, account.account_id, period).execute()
    const currency =
      account.credit_currency ?? spends[0]?.currency ?? (await firstCurrency(db, principal.tenant_id))
    const spend = spends.find((one) => one.currency === currency)
    const said = principal.sandbox ? await readSandboxSpend(db, account.account_id) : undefined
    const others = spends.filter((one) => one !== spend)
    return {
      account: refOf(ref),
      currency,
      period,
      timezone: 'UTC',
      spend: { ...toSpend(spend), ...(said?.currency === currency && { total_spend: said.amount }) },
      ...(await creditOf(db, account, said?.amount)),
      ...(account.payment_terms !== null && { payment_terms: account.payment_terms }),
      ext: {
        salesdesk: {
          spend_counts: 'budgets_of_confirmed_media_buys',
          ...(others.length > 0 && {
            other_currencies: others.map((one) => ({ currency: one.currency, ...toSpend(one) })),
          }),
        },
      },
    }
  },
})

/** The current calendar month; the desk has no other billing cycle. */
function monthOf(now: Date): Period {
  const day = (month: number, of: number) =>
    new Date(Date.UTC(now.getUTCFullYear(), month, of)).toISOString().slice(0, 10)
  return { start: day(now.getUTCMonth(), 1), end: day(now.getUTCMonth() + 1, 0) }
}

function refOf({ account_id, brand, operator, sandbox }: z.infer<typeof accountRef>): Output {
  if (account_id !== undefined) return { account_id }
  const { domain, brand_id } = brand ?? {}
  return {
    brand: { domain, ...(brand_id !== undefined && { brand_id }) },
    operator,
    ...(sandbox !== undefined && { sandbox }),
  }
}

function toSpend(spend: { total: string; buys: number } | undefined): Output {
  return { total_spend: Number(spend?.total ?? 0), media_buy_count: spend?.buys ?? 0 }
}

/** The whole account's, as a purchase is measured against it. */
async function creditOf(db: ReadDb, account: AccountRow, spent?: number): Promise<Output> {
  if (account.credit_limit === null) return {}
  const limit = Number(account.credit_limit)
  const { left } =
    spent === undefined
      ? await selectCreditLeft(db, account).executeTakeFirstOrThrow()
      : { left: limit - spent }
  const percent = limit > 0 ? (1 - Number(left) / limit) * 100 : 100
  return {
    credit: {
      credit_limit: limit,
      available_credit: Number(left),
      utilization_percent: Math.min(100, Math.round(percent * 100) / 100),
    },
  }
}

/** The caller's own purchases: others who use the account are not its business. */
function selectSpend(db: ReadDb, principal: Principal, accountId: string, { start, end }: Period) {
  return db
    .selectFrom('media_buys')
    .select(['currency', sql<string>`sum(total_budget)`.as('total'), sql<number>`count(*)::int`.as('buys')])
    .where('account_id', '=', accountId)
    .where('principal_id', '=', principal.principal_id)
    .where('status', 'not in', ['rejected', 'canceled'])
    .where(sql<boolean>`confirmed_at >= ${start}::date::timestamp at time zone 'UTC'`)
    .where(sql<boolean>`confirmed_at < (${end}::date + 1)::timestamp at time zone 'UTC'`)
    .groupBy('currency')
    .orderBy(sql`sum(total_budget)`, 'desc')
    .orderBy('currency')
}

const notOurBilling = new AdcpError({
  code: 'UNSUPPORTED_FEATURE',
  message: 'This account is not billed to its operator, so its finances are not known here.',
  field: 'account',
  suggestion: 'Ask whoever is billed.',
})

function summary(output: Output): string {
  const { currency, spend, credit, period } = output as unknown as {
    currency: string
    spend: { total_spend: number }
    credit?: { available_credit: number; credit_limit: number }
    period: Period
  }
  const bought = `Bought for ${spend.total_spend} ${currency} from ${period.start} to ${period.end}.`
  if (!credit) return `${bought} This account has no credit limit here.`
  return `${bought} ${credit.available_credit} of ${credit.credit_limit} ${currency} credit is left.`
}
