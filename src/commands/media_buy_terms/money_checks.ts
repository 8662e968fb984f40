import { isMoney, sumMoney } from '../../adcp/money.ts'
import type { Problem } from '../../adcp/error.ts'
import type { OfferPrice } from './offer.ts'

/** What a tenant lets one buy cost, and what an account has left. Amounts in the currency of the buy. */
export interface Limits {
  max_package_budget: string | null
  max_media_buy_budget: string | null
  credit: { left: number; currency: string } | undefined
}
/** What the buyer believes it all costs. */
interface Stated {
  total_budget?: { amount: number; currency: string } | undefined
}
interface Priced {
  field: string
  budget: number
  price: OfferPrice | undefined
}

/** One currency for the whole buy, a total that adds up, and neither the publisher's nor the account's limit exceeded. */
export function moneyProblems(request: Stated, packages: readonly Priced[], limits: Limits): Problem[] {
  const currency = packages.find(({ price }) => price)?.price?.currency
  const total = Number(sumMoney(packages.map(({ budget }) => budget).filter((budget) => isMoney(budget))))
  return [
    ...mixedCurrencies(packages, currency),
    ...totalProblems(request, total, currency),
    ...packages.flatMap(({ field, budget }) =>
      above(limits.max_package_budget, budget, `${field}.budget`, 'One package may cost at most'),
    ),
    ...above(limits.max_media_buy_budget, total, 'packages', 'One media buy may cost at most'),
    ...creditProblems(limits.credit, total, currency),
  ]
}

function mixedCurrencies(packages: readonly Priced[], currency: string | undefined): Problem[] {
  return packages
    .filter(({ price }) => price !== undefined && price.currency !== currency)
    .map(({ field, price }) => ({
      code: 'INVALID_REQUEST',
      message: `This package is priced in ${price?.currency}, the first one in ${currency}.`,
      field: `${field}.pricing_option_id`,
      suggestion: 'Buy in one currency: choose another pricing option, or make one buy per currency.',
    }))
}

function totalProblems({ total_budget }: Stated, total: number, currency: string | undefined): Problem[] {
  if (!total_budget || currency === undefined) return []
  if (total_budget.currency !== currency)
    return [
      {
        code: 'INVALID_REQUEST',
        message: `These products are priced in ${currency}, not ${total_budget.currency}.`,
        field: 'total_budget.currency',
        suggestion: `Give total_budget in ${currency} or leave it out.`,
      },
    ]
  if (Math.abs(total_budget.amount - total) < 0.005) return []
  return [
    {
      code: 'INVALID_REQUEST',
      message: `The packages add up to ${total} ${currency}, not ${total_budget.amount}.`,
      field: 'total_budget.amount',
      suggestion: 'Correct the budgets or leave total_budget out.',
    },
  ]
}

/** An amount above a limit of the publisher's, if it has one. */
export function above(limit: string | null, amount: number, field: string, sentence: string): Problem[] {
  if (limit === null || amount <= Number(limit)) return []
  return [
    {
      code: 'BUDGET_EXCEEDED',
      message: `${sentence} ${Number(limit)} here.`,
      field,
      suggestion: 'Lower the budget, split the buy, or talk to the publisher.',
    },
  ]
}

/** More than the account has left to spend, or in another currency. */
export function creditProblems(
  credit: Limits['credit'],
  total: number,
  currency: string | undefined,
): Problem[] {
  if (!credit || currency === undefined) return []
  const suggestion = 'Lower the budget, or ask the publisher for more credit.'
  if (credit.currency !== currency)
    return [
      {
        code: 'BUDGET_EXCEEDED',
        message: `This account has credit in ${credit.currency} only.`,
        field: 'account',
        suggestion: `Choose pricing options in ${credit.currency}.`,
      },
    ]
  if (total <= credit.left) return []
  return [
    {
      code: 'BUDGET_EXCEEDED',
      message: `This account has ${credit.left.toFixed(2)} ${currency} of credit left.`,
      field: 'account',
      suggestion,
    },
  ]
}
