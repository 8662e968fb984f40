import { AdcpError, throwProblems, type Problem } from '../../adcp/error.ts'
import { isMoney } from '../../adcp/money.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'
import type { AdcpVersion } from '../../adcp/version.ts'
import type { Draft } from '../../commands/media_buy_terms/draft.ts'
import type { OfferPrice } from '../../commands/media_buy_terms/offer.ts'
import { openProposal } from '../../commands/proposals/open_proposal.ts'
import { packagesOf } from '../../commands/proposals/packages_of.ts'
import { leastBudget, type Owner } from '../../commands/proposals/plan.ts'
import type { Trx } from '../../db/database.ts'
import type { Request } from './request.ts'

/** What a request buys: the packages it lists, or those a proposal becomes, with the prices promised for them. */
export interface Wanted {
  packages: readonly PackageRequest[]
  promised: readonly OfferPrice[] | undefined
}

/** The packages of a request. A proposal it names stays locked until the transaction ends. @throws AdcpError */
export async function wantedPackages(
  trx: Trx,
  owner: Owner,
  request: Request,
  version: AdcpVersion,
  now: Date,
): Promise<Wanted> {
  const { proposal_id, total_budget, packages, io_acceptance } = request
  if (proposal_id === undefined) {
    if (io_acceptance) throw new AdcpError(nothingToAccept)
    return { packages: packages ?? [], promised: undefined }
  }
  throwProblems(contradictions(request))
  if (!total_budget) return { packages: [], promised: [] }
  const proposal = await openProposal(trx, owner, { proposal_id, total_budget, io_acceptance }, version, now)
  const bought = packagesOf(proposal, total_budget.amount)
  if (bought.packages.some(({ budget }) => budget <= 0))
    throw new AdcpError(tooLittle(leastBudget(proposal), proposal.currency))
  return { packages: bought.packages, promised: bought.prices }
}

/** A draft of a package at the price the proposal promised, whatever the product costs today. */
export function atPromisedPrice(draft: Draft, price: OfferPrice | undefined): Draft {
  if (!price || !draft.offer) return draft
  return { ...draft, price, offer: { ...draft.offer, pricing_options: [price] } }
}

/** A problem of a derived package, at the field of the request it comes from. */
export function asProposalProblem({ field = '', ...problem }: Problem): Problem {
  const derived = /^packages\[\d+\](?:\.(\w+))?/.exec(field)
  if (!derived) return { ...problem, ...(field && { field }) }
  const part = derived[1] ?? ''
  const source: Record<string, string> = {
    budget: 'total_budget.amount',
    start_time: 'start_time',
    end_time: 'end_time',
  }
  return { ...problem, field: source[part] ?? 'proposal_id' }
}

function contradictions({ total_budget, packages }: Request): Problem[] {
  if (packages)
    return [
      invalid(
        'packages',
        'A proposal is bought as it is; it brings its own packages.',
        'Give EITHER packages OR proposal_id with total_budget.',
      ),
    ]
  if (!total_budget)
    return [invalid('total_budget', 'A proposal needs total_budget.', 'Say how much is to be spent on it.')]
  if (!isMoney(total_budget.amount))
    return [invalid('total_budget.amount', 'An amount has at most two decimals.', 'Round it.')]
  return []
}

const nothingToAccept: Problem = {
  code: 'INVALID_REQUEST',
  message: 'There is no insertion order to accept without a proposal.',
  field: 'io_acceptance',
  suggestion: 'Leave io_acceptance out, or give the proposal_id it belongs to.',
}
const tooLittle = (least: number, currency: string): Problem => ({
  code: 'BUDGET_TOO_LOW',
  message: `This proposal costs at least ${least} ${currency}.`,
  field: 'total_budget.amount',
  suggestion: `Raise total_budget to ${least}.`,
})
const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
