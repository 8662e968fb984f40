import type { ApprovalRequest } from '../queries/approval_requests.ts'
import { money } from './figures.ts'
import { oneLine } from './words.ts'

/** Less than this of a product is left on some day: people should know before they sell it. */
const LITTLE = 0.1

/** Whether a request can still be decided on. */
export const isOpen = ({ status }: ApprovalRequest) => !['completed', 'rejected', 'canceled'].includes(status)

/** What somebody who decides should know: a new advertiser, a large sum, little left. */
export function warnings(request: ApprovalRequest): string[] {
  if (!isOpen(request)) return []
  const { new_advertiser, brand_domain, approval_threshold, total_budget, currency, wanted } = request
  const total = wanted?.total_budget ?? total_budget
  const scarce = new Map(
    request.packages.flatMap(({ product, left }): [string, number][] =>
      left !== null && left < LITTLE ? [[product, left]] : [],
    ),
  )
  return [
    ...(new_advertiser ? [`New advertiser: nothing was sold to ${oneLine(brand_domain, 100)} before`] : []),
    ...(approval_threshold !== null && Number(total) > Number(approval_threshold)
      ? [`Above the threshold of ${money(approval_threshold, currency)}`]
      : []),
    ...[...scarce]
      .slice(0, 3)
      .map(
        ([product, left]) =>
          `Little left: ${oneLine(product, 100)} has ${Math.max(0, Math.round(left * 100))} % free on its fullest day, this purchase counted`,
      ),
    ...(request.title.includes('is not known') ? ['How much is left of some of it is not known'] : []),
  ]
}
