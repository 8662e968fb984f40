import type { ApprovalRequest } from '../queries/approval_requests.ts'
import { money } from './figures.ts'
import { oneLine } from './words.ts'

/** Less than this of a product is left on some day: people should know before they sell it. */
const LITTLE = 0.1

/** Whether a request can still be decided on. */
export const isOpen = ({ status }: ApprovalRequest) => !['completed', 'rejected', 'canceled'].includes(status)

/** What somebody who decides should know: a new advertiser, a large sum, little left, an invoice to somebody else. */
export function warnings(request: ApprovalRequest): string[] {
  if (!isOpen(request)) return []
  const { new_advertiser, brand_domain, advertiser, invoice_to, wanted } = request
  const scarce = new Map(
    request.packages.flatMap(({ product, left }): [string, number][] =>
      left !== null && left < LITTLE ? [[product, left]] : [],
    ),
  )
  return [
    ...(new_advertiser && !wanted
      ? [`New advertiser: nothing was sold to ${oneLine(brand_domain, 100)} before`]
      : []),
    ...tooMuch(request),
    ...(invoice_to === null
      ? []
      : [`The invoice goes to ${oneLine(invoice_to, 100)}, not to ${oneLine(advertiser, 100)}`]),
    ...[...scarce]
      .slice(0, 3)
      .map(
        ([product, left]) =>
          `Little left: ${oneLine(product, 100)} has ${Math.max(0, Math.round(left * 100))} % free on its fullest day, this purchase counted`,
      ),
    ...(request.title.includes('is not known') ? ['How much is left of some of it is not known'] : []),
  ]
}

/** A policy's `auto_approve_under` of the currency counts in place of the threshold for all (docs/approvals.md). */
function tooMuch(request: ApprovalRequest): string[] {
  const { auto_approve_under, approval_threshold, total_budget, currency, wanted } = request
  const total = Number(wanted?.total_budget ?? total_budget)
  if (auto_approve_under !== null)
    return total >= Number(auto_approve_under)
      ? [`Not under ${money(auto_approve_under, currency)}, the threshold`]
      : []
  return approval_threshold !== null && total > Number(approval_threshold)
    ? [`Above the threshold of ${money(approval_threshold, currency)}`]
    : []
}
