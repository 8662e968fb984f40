import { throwProblems, type Problem } from '../../adcp/error.ts'
import { sumMoney } from '../../adcp/money.ts'
import { lockLibrary } from '../../commands/assign_creatives.ts'
import { accountProblems, lockCredit, type Account } from '../../commands/resolve_account.ts'
import { judgeInlineCreatives } from '../../commands/judge_inline_creatives.ts'
import type { Judged } from '../../commands/judge_creatives.ts'
import type { Db, Trx } from '../../db/database.ts'
import { newId } from '../../ids.ts'
import type { ToolContext } from '../define-tool.ts'
import { abilityProblems } from './ability_checks.ts'
import { assignmentsOf, creativeProblems } from './creative_checks.ts'
import { flightOf, flightProblems, packageFlight, packageFlightProblems, type Flight } from './flight.ts'
import { moneyProblems } from './money_checks.ts'
import { invoiceNeedsPerson, invoiceProblems } from './invoice.ts'
import { chosenFormats, readOffers, type Offer, type OfferPrice } from './offer.ts'
import {
  budgetProblems,
  formatProblems,
  impressionsProblems,
  priceOf,
  pricingProblems,
  productProblems,
  countryProblems,
} from './package_checks.ts'
import type { PackageRequest, Request } from './request.ts'
import { availabilityProblems, impressionsOf, type Hold } from './reserve.ts'
import { agreedTerms, termsProblems, type AgreedTerms } from './terms.ts'
import { unsupportedProblems } from './unsupported.ts'

/** One package that passed every check, with what was agreed for it. */
export interface AgreedPackage extends Hold, AgreedTerms {
  request: PackageRequest
}
export interface Agreed {
  packages: AgreedPackage[]
  flight: Flight
  currency: string
  needs_person: boolean
  /** Each package has a creative. */
  has_creatives: boolean
  /** Creatives that came with the packages. */
  creatives: Judged[]
}
interface Draft {
  field: string
  request: PackageRequest
  offer: Offer | undefined
  price: OfferPrice | undefined
  flight: Flight
}

/**
 * Checks a whole request against what is on sale and either agrees to it or tells everything that is wrong with it at once:
 * account, products, prices, formats, targeting, budgets, dates; then, with the products locked, availability.
 * @throws AdcpError
 */
export async function agree(
  trx: Trx,
  { principal, now, webhooks }: ToolContext<Db>,
  request: Request,
  account: Account,
): Promise<Agreed> {
  const tenant = await selectTenant(trx, principal.tenant_id).executeTakeFirstOrThrow()
  const flight = flightOf(request, now)
  const drafts = await draftPackages(trx, principal, request, flight)
  if (drafts.some(bringsCreatives)) await lockLibrary(trx, principal.principal_id)
  const inline = await judgeInlineCreatives(trx, principal, drafts.map(inlineOf), account.account_id, now)
  const credit = await lockCredit(trx, account)
  const priced = drafts.map(({ field, price, request: { budget } }) => ({ field, price, budget }))

  throwProblems([
    ...accountProblems(account),
    ...drafts.flatMap(({ field, request: item, offer }) => productProblems(field, item, offer)),
    ...drafts.flatMap((item) => offerProblems(item, flight)),
    ...(await creativeProblems(trx, principal, drafts)),
    ...inline.problems,
    ...invoiceProblems(request.invoice_recipient, account, webhooks?.seal),
    ...unsupportedProblems(request),
    ...nothingToBuy(request),
    ...moneyProblems(request, priced, { ...tenant, credit }),
    ...flightProblems(flight, now, tenant.max_flight_days),
    ...drafts.flatMap((item) => packageFlightProblems(item.field, item.offer, item.flight, flight, now)),
  ])
  const packages = drafts.flatMap(agreedPackage)
  throwProblems(await availabilityProblems(trx, principal.tenant_id, packages))
  const total = Number(sumMoney(packages.map(({ budget }) => budget)))
  const needs_person =
    packages.some(({ offer }) => offer.approval_policy === 'person') ||
    invoiceNeedsPerson(request.invoice_recipient, account) ||
    (tenant.approval_threshold !== null && total > Number(tenant.approval_threshold))
  const has_creatives = packages.every(bringsCreatives)
  const currency = packages[0]?.price.currency ?? ''
  return { packages, has_creatives, creatives: inline.judged, flight, currency, needs_person }
}

const bringsCreatives = ({ request }: Pick<Draft, 'request'>) =>
  request.creative_assignments !== undefined || request.creatives !== undefined

function inlineOf({ field, request, offer }: Draft) {
  return {
    field,
    creatives: request.creatives ?? [],
    assigned: assignmentsOf(request).map(({ creative_id }) => creative_id),
    takes: offer && chosenFormats(offer, request.format_ids),
  }
}

async function draftPackages(
  trx: Trx,
  principal: ToolContext<Db>['principal'],
  request: Request,
  buy: Flight,
): Promise<Draft[]> {
  const wanted = request.packages ?? []
  const offers =
    wanted.length > 0
      ? await readOffers(
          trx,
          principal,
          wanted.map((item) => item.product_id),
        )
      : new Map<string, Offer>()
  return wanted.map((item, i) => {
    const offer = offers.get(item.product_id)
    return {
      field: `packages[${i}]`,
      request: item,
      offer,
      price: offer && priceOf(item, offer),
      flight: packageFlight(item, buy),
    }
  })
}

function offerProblems({ field, request, offer, price, flight }: Draft, buy: Flight): Problem[] {
  if (!offer) return []
  const checks = [
    pricingProblems,
    formatProblems,
    countryProblems,
    budgetProblems,
    impressionsProblems,
    termsProblems,
  ]
  const able = price ? abilityProblems({ field, request, offer, price, flight }, buy) : []
  return [...checks.flatMap((check) => check(field, request, offer, flight)), ...able]
}

function agreedPackage({ offer, price, ...rest }: Draft): AgreedPackage[] {
  if (!offer || !price) return []
  const { budget, impressions = impressionsOf(price, budget) } = rest.request
  const terms = agreedTerms(rest.request, offer)
  return [{ ...rest, ...terms, offer, price, package_id: newId('pkg'), budget, impressions }]
}

function nothingToBuy({ packages, proposal_id }: Request): Problem[] {
  if (packages || proposal_id !== undefined) return []
  const suggestion = 'List at least one package with product_id, pricing_option_id and budget.'
  return [{ code: 'INVALID_REQUEST', message: 'There is nothing to buy.', field: 'packages', suggestion }]
}

function selectTenant(trx: Trx, tenantId: string) {
  return trx
    .selectFrom('tenants')
    .select(['approval_threshold', 'max_package_budget', 'max_media_buy_budget', 'max_flight_days'])
    .where('tenant_id', '=', tenantId)
}
