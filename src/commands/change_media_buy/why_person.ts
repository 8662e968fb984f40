import { peopleNeeded, type Rules } from '../../adcp/who_decides.ts'
import type { AgreedPackage } from '../media_buy_terms/draft.ts'
import type { PackageChange } from './draft_change.ts'
import type { Standing } from './standing.ts'

export interface NeedsPeople {
  /** What follows the buyer's name in a sentence. */
  why: string
  people: 1 | 2
}
interface Wanted {
  changes: readonly PackageChange[]
  added: readonly AgreedPackage[]
  /** Products of which nobody knows whether enough is left. */
  unsure: readonly string[]
  total: number
}

/**
 * Why people at the publisher must agree to a change, if they must: it adds a package of a product a person sells; it wants more
 * of one, more money or days that were not agreed; nobody knows whether enough is left; or it takes the total above what the
 * publisher's rules let pass and above what people have agreed to before. Whatever costs less, stops or goes on needs nobody.
 */
export function whyPerson(standing: Standing, wanted: Wanted, rules: Rules): NeedsPeople | undefined {
  const { total, unsure } = wanted
  const product = wishOfProduct(wanted)
  const people = peopleNeeded(
    {
      person_sells: product !== undefined,
      unknown: unsure.length > 0,
      total,
      before: Number(standing.total_budget),
      agreed: Number(standing.approved_budget ?? 0),
    },
    rules,
  )
  if (people === 0) return undefined
  const doubt =
    unsure.length > 0 ? `wants more of ${unsure.join(', ')}, and how much is left is not known` : undefined
  const why =
    product ?? doubt ?? `wants to raise the total to ${total.toLocaleString('en')} ${standing.currency}`
  return { why, people }
}

function wishOfProduct({ added, changes }: Wanted): string | undefined {
  const product = added.find(({ offer }) => offer.approval_policy === 'person')?.offer
  if (product) return `wants to add ${product.name}`
  const more = changes.find((change) => change.offer?.approval_policy === 'person' && wantsMore(change))
  return more && `wants more of ${more.offer?.name ?? more.before.product_id}`
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
