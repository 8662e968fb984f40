import { z } from 'zod'
import { AdcpError } from '../adcp/error.ts'
import { accountRef, date, envelope } from '../adcp/request_schemas.ts'
import { accountNotFound } from '../commands/resolve_account.ts'
import type { ReadDb } from '../db/database.ts'
import { isAccount, selectAccounts, selectCreditLeft, type AccountRow } from '../queries/accounts.ts'
import { readAccountSpend, type AccountSpend, type Period } from '../queries/account_spend.ts'
import { firstCurrency } from '../queries/portfolio.ts'
import { readSandboxSpend } from '../queries/sandbox_spend.ts'
import { readTool, type Output } from './define-tool.ts'

const input = z.looseObject({
  ...envelope,
  account: accountRef,
  period: z
    .looseObject({ start: date, end: date })
    .refine(({ start, end }) => start <= end, { error: 'start must not be after end' })
    .optional()
    .describe('Days in UTC, both included; this month if left out.'),
})

export const getAccountFinancials = readTool({
  name: 'get_account_financials',
  title: 'See what an account has left to spend',
  description:
    'What your media buys on one account spent in a period, as far as it is counted, and what credit is left. Credit counts whole budgets. For each media buy use get_media_buy_delivery. Example: {"account": {"account_id": "acc_…"}}',
  input,
  summary,
  async handle({ account: ref, period: asked }, { db, principal, now }) {
    const account = await selectAccounts(db, principal).where(isAccount(ref)).executeTakeFirst()
    if (!account) throw new AdcpError(accountNotFound)
    if (account.billing !== 'operator') throw notOurBilling
    const period = asked ? { start: asked.start, end: asked.end } : monthOf(now)
    const { principal_id } = principal
    const { account_id } = account
    const spends = await readAccountSpend(db, { principal_id, account_id }, period)
    const currency =
      account.credit_currency ?? spends[0]?.currency ?? (await firstCurrency(db, principal.tenant_id))
    const spend = spends.find((one) => one.currency === currency)
    const said = principal.sandbox ? await readSandboxSpend(db, account_id) : undefined
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
          bought: boughtIn(spend),
          ...(others.length > 0 && {
            other_currencies: others.map((one) => ({
              ...{ currency: one.currency, ...toSpend(one) },
              bought: boughtIn(one),
            })),
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

function toSpend(spend: AccountSpend | undefined): Output {
  return { total_spend: Number(spend?.spent ?? 0), media_buy_count: spend?.running ?? 0 }
}

/** The budgets that were committed in the period, whenever they are spent. */
function boughtIn(spend: AccountSpend | undefined): Output {
  return { total_budget: Number(spend?.budgets ?? 0), media_buy_count: spend?.bought ?? 0 }
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
  const spent = `Spent ${spend.total_spend} ${currency} from ${period.start} to ${period.end}, as far as it is counted.`
  if (!credit) return `${spent} This account has no credit limit here.`
  return `${spent} ${credit.available_credit} of ${credit.credit_limit} ${currency} credit is left.`
}
