import type { LifeSoFar, OrderStanding } from '../../adapters/adapter.ts'
import { decimalOf, microsOf } from '../../adcp/money.ts'
import { agreedSpend, isBilledByTime, spendOfTime, type AgreedPrice } from '../delivery/agreed_spend.ts'
import type { StandingBuy } from './read.ts'

/** What a package delivered in all; money is decimal text in the media buy's currency. */
export interface PackageTotal {
  package_id: string
  impressions: number
  clicks: number | null
  spend: string
}

/**
 * What the packages of a media buy delivered in all, as their line items say. One whose line items do not all tell it, or whose
 * spend cannot be told, is left out.
 */
export function totalsOf(
  { packages, currency, order_ids }: Pick<StandingBuy, 'packages' | 'currency' | 'order_ids'>,
  standings: ReadonlyMap<string, OrderStanding>,
  as_of: Date,
): PackageTotal[] {
  const items = order_ids.flatMap((id) => standings.get(id)?.line_items ?? [])
  return packages.flatMap(({ package_id, line_item_ids, start_time, end_time, ...terms }) => {
    const told = line_item_ids.map(
      (id) => items.find(({ line_item_id }) => line_item_id === id)?.delivered ?? null,
    )
    if (told.length === 0 || !told.every((one) => one !== null)) return []
    const agreed = { ...terms, start_time: new Date(start_time), end_time: new Date(end_time) }
    const spend = spendOf(agreed, told, currency, as_of)
    if (spend === undefined) return []
    const { impressions, clicks } = sumOf(told)
    return [{ package_id, impressions, clicks, spend: decimalOf(spend) }]
  })
}

/** The ad server's own money if it is the media buy's, else what was agreed for what was delivered (docs/delivery.md). */
function spendOf(agreed: AgreedPrice, told: readonly LifeSoFar[], currency: string, as_of: Date) {
  const own = told.map(({ spend }) => (spend?.currency === currency ? spend.amount : undefined))
  if (own.every((amount) => amount !== undefined))
    return own.reduce((sum, amount) => sum + microsOf(amount), 0n)
  if (!isBilledByTime(agreed)) return agreedSpend(agreed, sumOf(told))
  return as_of < agreed.start_time ? 0n : spendOfTime(agreed, agreed.start_time, as_of)
}

function sumOf(told: readonly LifeSoFar[]) {
  const sum = (counts: (number | null)[]) =>
    counts.reduce<number | null>((all, one) => (all === null || one === null ? null : all + one), 0)
  return {
    impressions: told.reduce((all, { impressions }) => all + impressions, 0),
    clicks: sum(told.map(({ clicks }) => clicks)),
    completions: sum(told.map(({ completions }) => completions)),
    viewable_impressions: sum(told.map(({ viewable_impressions = null }) => viewable_impressions)),
  }
}
