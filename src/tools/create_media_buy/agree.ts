import { throwProblems, type Problem } from '../../adcp/error.ts'
import { sumMoney } from '../../adcp/money.ts'
import { peopleNeeded, type PeopleNeeded } from '../../adcp/who_decides.ts'
import { lockLibrary } from '../../commands/assign_creatives.ts'
import { checkAvailability } from '../../commands/media_buy_terms/availability.ts'
import {
  agreedPackage,
  draftPackages,
  offerProblems,
  type AgreedPackage,
} from '../../commands/media_buy_terms/draft.ts'
import {
  bringsCreatives,
  creativeProblems,
  judgeDraftCreatives,
} from '../../commands/media_buy_terms/creative_checks.ts'
import {
  flightOf,
  flightProblems,
  packageFlightProblems,
  type Flight,
} from '../../commands/media_buy_terms/flight.ts'
import { moneyProblems } from '../../commands/media_buy_terms/money_checks.ts'
import { productProblems } from '../../commands/media_buy_terms/package_checks.ts'
import { unsupportedProblems } from '../../commands/media_buy_terms/unsupported.ts'
import { lockCredit } from '../../commands/lock_credit.ts'
import { accountProblems } from '../../commands/resolve_account.ts'
import type { Account } from '../../queries/own_account.ts'
import type { Judged } from '../../commands/judge_creatives.ts'
import type { Db, Trx } from '../../db/database.ts'
import { readRules } from '../../queries/approval_policy.ts'
import { readLimits } from '../../queries/limits.ts'
import type { ToolContext } from '../define-tool.ts'
import { invoiceNeedsPerson, invoiceProblems } from './invoice.ts'
import { asProposalProblem, atPromisedPrice, wantedPackages } from './proposal.ts'
import type { Request } from './request.ts'

export interface Agreed {
  packages: AgreedPackage[]
  flight: Flight
  currency: string
  /** How many people at the publisher must agree first. */
  people: PeopleNeeded
  /** Products of which nobody knows whether enough is left. */
  unsure: string[]
  /** Creatives that came with the packages. */
  creatives: Judged[]
}
/**
 * Checks a whole request against what is on sale and either agrees to it or tells everything that is wrong with it at once:
 * account, products, prices, formats, targeting, budgets, dates; then, with the products locked, availability.
 * @throws AdcpError
 */
export async function agree(
  trx: Trx,
  { principal, now, version, webhooks }: ToolContext<Db>,
  request: Request,
  account: Account,
): Promise<Agreed> {
  const flight = flightOf(request, now)
  const { packages: wanted, promised } = await wantedPackages(trx, principal, request, version, now)
  const [limits, rules, found] = await Promise.all([
    readLimits(trx, principal),
    readRules(trx, principal),
    draftPackages(trx, principal, wanted, flight),
  ])
  const drafts = found.map((draft, i) => atPromisedPrice(draft, promised?.[i]))
  const refuse = (problems: Problem[]) => throwProblems(promised ? problems.map(asProposalProblem) : problems)
  if (drafts.some(bringsCreatives)) await lockLibrary(trx, principal.principal_id)
  const inline = await judgeDraftCreatives(trx, principal, drafts, account.account_id, now)
  const credit = await lockCredit(trx, account)
  const priced = drafts.map(({ field, price, request: { budget } }) => ({ field, price, budget }))

  refuse([
    ...accountProblems(account),
    ...drafts.flatMap(({ field, request: item, offer }) => productProblems(field, item, offer)),
    ...drafts.flatMap((item) => offerProblems(item, flight)),
    ...(await creativeProblems(trx, principal, drafts)),
    ...inline.problems,
    ...invoiceProblems(request.invoice_recipient, account, webhooks?.seal),
    ...unsupportedProblems(request),
    ...nothingToBuy(request),
    ...moneyProblems(request, priced, { ...limits, credit }),
    ...flightProblems(flight, now, limits.max_flight_days),
    ...drafts.flatMap((item) => packageFlightProblems(item.field, item.offer, item.flight, flight, now)),
  ])
  const packages = drafts.flatMap(agreedPackage)
  const { problems, unsure } = await checkAvailability(trx, principal.tenant_id, packages, now)
  refuse(problems)
  const currency = packages[0]?.price.currency ?? ''
  const purchase = {
    person_sells: packages.some(({ offer }) => offer.approval_policy === 'person'),
    unknown: unsure.length > 0 || invoiceNeedsPerson(request.invoice_recipient, account),
    total: Number(sumMoney(packages.map(({ budget }) => budget))),
    before: 0,
    agreed: 0,
  }
  const people = peopleNeeded(purchase, rules(currency))
  return { packages, unsure, creatives: inline.judged, flight, currency, people }
}

function nothingToBuy({ packages, proposal_id }: Request): Problem[] {
  if (packages || proposal_id !== undefined) return []
  const suggestion = 'List at least one package with product_id, pricing_option_id and budget.'
  return [{ code: 'INVALID_REQUEST', message: 'There is nothing to buy.', field: 'packages', suggestion }]
}
