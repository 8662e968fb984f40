import type { HeldStatus, OrderStanding } from '../../adapters/adapter.ts'
import type { StandingBuy } from './read.ts'

/** What people are told of a line item that should run and stands so there; undefined where nothing is wrong with it. */
const words: Record<HeldStatus, string | undefined> = {
  draft: 'is a draft there',
  pending: 'waits for approval there',
  ready: undefined,
  serving: undefined,
  paused: 'was paused there',
  not_delivering: 'does not deliver',
  completed: undefined,
  canceled: 'was canceled there',
}

/** Why packages are not served that should be, by package. One with several line items is served if one of them is. */
export function notServing(
  { packages, order_ids }: Pick<StandingBuy, 'packages' | 'order_ids'>,
  standings: ReadonlyMap<string, OrderStanding>,
): Map<string, string> {
  const items = order_ids.flatMap((id) => standings.get(id)?.line_items ?? [])
  const reasons = packages.flatMap(({ package_id, line_item_ids }): [string, string][] => {
    const own = items.filter(({ line_item_id }) => line_item_ids.includes(line_item_id))
    if (own.length === 0) return [[package_id, 'Its line item is not on the ad server any more.']]
    if (own.some(({ status }) => words[status] === undefined)) return []
    return own.slice(0, 1).map(({ line_item_id, status, reason }) => {
      const why = reason === null ? '' : `: ${reason.replace(/[.\s]+$/, '')}`
      return [package_id, `Line item ${line_item_id} ${words[status]}${why}.`]
    })
  })
  return new Map(reasons)
}
