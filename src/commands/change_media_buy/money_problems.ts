import type { Problem } from '../../adcp/error.ts'
import { isMoney, sumMoney } from '../../adcp/money.ts'
import type { Draft } from '../media_buy_terms/draft.ts'
import { above, creditProblems } from '../media_buy_terms/money_checks.ts'
import { accountProblems } from '../resolve_account.ts'
import type { PackageChange } from './draft_change.ts'
import type { Standing } from './standing.ts'

interface Limits {
  max_package_budget: string | null
  max_media_buy_budget: string | null
}

/** What the buy costs after the change: its packages that go on and those added. Decimal text. */
export function totalAfter(
  { packages }: Standing,
  changes: readonly PackageChange[],
  added: readonly Draft[],
): string {
  const standing = packages.flatMap(({ package_id, canceled, budget }) => {
    const change = changes.find(({ before }) => before.package_id === package_id)
    if (canceled || change?.asked?.canceled) return []
    return [change ? change.after.budget : Number(budget)]
  })
  const all = [...standing, ...added.map(({ request }) => request.budget)]
  return sumMoney(all.filter((amount) => isMoney(amount)))
}

/** Money asked for on top of what was agreed, beyond a limit of the publisher's or of the account's; and one package must stay. */
export function moneyProblems(
  standing: Standing,
  changes: readonly PackageChange[],
  added: readonly Draft[],
  total: string,
  limits: Limits,
): Problem[] {
  const more = Number(total) - Number(standing.total_budget)
  const raised = changes.filter(({ before, after }) => after.budget > Number(before.budget))
  const budgets = [
    ...raised.map(({ field, after: { budget } }) => ({ field, budget })),
    ...added.map(({ field, request: { budget } }) => ({ field, budget })),
  ]
  return [
    ...added.flatMap((item) => otherCurrency(item, standing.currency)),
    ...(Number(total) === 0 && changes.some(({ asked }) => asked?.canceled) ? [lastPackage] : []),
    ...budgets.flatMap(({ field, budget }) =>
      above(limits.max_package_budget, budget, `${field}.budget`, 'One package may cost at most'),
    ),
    ...(more > 0 ? spending(standing, more, total, limits) : []),
  ]
}

function spending(standing: Standing, more: number, total: string, limits: Limits): Problem[] {
  const { account, credit, currency } = standing
  return [
    ...accountProblems(account),
    ...above(limits.max_media_buy_budget, Number(total), 'packages', 'One media buy may cost at most'),
    ...creditProblems(credit, more, currency),
  ]
}

function otherCurrency({ field, price }: Draft, currency: string): Problem[] {
  if (!price || price.currency === currency) return []
  return [
    {
      code: 'INVALID_REQUEST',
      message: `This package is priced in ${price.currency}, the media buy in ${currency}.`,
      field: `${field}.pricing_option_id`,
      suggestion: 'Choose another pricing option, or make a media buy of its own.',
    },
  ]
}

const lastPackage: Problem = {
  code: 'NOT_CANCELLABLE',
  message: 'No package would be left.',
  field: 'packages',
  suggestion: 'Cancel the whole media buy with canceled: true, or add another package.',
}
