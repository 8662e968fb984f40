import type { AgreedPackage } from '../media_buy_terms/draft.ts'
import type { PackageChange } from './draft_change.ts'
import type { Standing } from './standing.ts'

/**
 * Why a person at the publisher must agree to a change, if one must: it adds a package of a product a person sells; it wants more
 * of one, more money or days that were not agreed; or it takes the total above the publisher's threshold and above what a person
 * has agreed to before. Whatever costs less, stops or goes on needs nobody.
 */
export function whyPerson(
  standing: Standing,
  changes: readonly PackageChange[],
  added: readonly AgreedPackage[],
  total: string,
  { approval_threshold }: { approval_threshold: string | null },
): string | undefined {
  const product = added.find(({ offer }) => offer.approval_policy === 'person')?.offer
  if (product) return `wants to add ${product.name}`
  const more = changes.find((change) => change.offer?.approval_policy === 'person' && wantsMore(change))
  if (more) return `wants more of ${more.offer?.name ?? more.before.product_id}`
  if (approval_threshold === null || Number(total) <= Number(standing.total_budget)) return undefined
  const agreed = Math.max(Number(approval_threshold), Number(standing.approved_budget ?? 0))
  if (Number(total) <= agreed) return undefined
  return `wants to raise the total to ${Number(total).toLocaleString('en')} ${standing.currency}`
}

function wantsMore({ before, after, asked }: PackageChange): boolean {
  if (asked?.canceled) return false
  return (
    after.budget > Number(before.budget) ||
    (before.impressions !== null && (after.impressions ?? 0) > Number(before.impressions)) ||
    after.flight.start < before.start_time ||
    after.flight.end > before.end_time
  )
}
