import type { Problem } from '../../adcp/error.ts'
import type { Trx } from '../../db/database.ts'
import { selectCreatives } from '../../queries/creatives.ts'
import { judgeInlineCreatives } from '../judge_inline_creatives.ts'
import { chosenFormats, type Buyer, type Offer } from './offer.ts'
import type { PackageRequest } from '../../adcp/package_request.ts'

interface Item {
  field: string
  request: PackageRequest
  offer: Offer | undefined
}

/** Whether a package names creatives of the library or brings its own. */
export const bringsCreatives = ({ request }: Pick<Item, 'request'>): boolean =>
  request.creative_assignments !== undefined || request.creatives !== undefined

/** Judges the creatives that come with packages; see judgeInlineCreatives. */
export function judgeDraftCreatives(
  trx: Trx,
  buyer: Buyer & { principal_id: string },
  items: readonly Item[],
  account_id: string,
  now: Date,
) {
  const sent = items.map(({ field, request, offer }) => ({
    field,
    creatives: request.creatives ?? [],
    assigned: assignmentsOf(request).map(({ creative_id }) => creative_id),
    takes: offer && chosenFormats(offer, request.format_ids),
  }))
  return judgeInlineCreatives(trx, buyer, sent, account_id, now)
}

/** What is wrong with the creatives named for the packages. One of somebody else looks like one that does not exist. */
export async function creativeProblems(
  trx: Trx,
  principal: { tenant_id: string; principal_id: string },
  items: readonly Item[],
): Promise<Problem[]> {
  const ids = items.flatMap(({ request }) => assignmentsOf(request).map(({ creative_id }) => creative_id))
  if (ids.length === 0) return []
  const rows = await selectCreatives(trx, principal, ids).where('status', '<>', 'archived').execute()
  const library = new Map(rows.map((row) => [row.creative_id, row]))
  return items.flatMap(({ field, request, offer }) => {
    const assigned = assignmentsOf(request)
    return assigned.flatMap((item, i): Problem[] => {
      const at = `${field}.creative_assignments[${i}]`
      const creative = library.get(item.creative_id)
      if (!creative) return [notFound(`${at}.creative_id`)]
      if (item.placement_ids || item['placement_refs']) return [noPlacements(`${at}.placement_ids`)]
      if (assigned.findIndex(({ creative_id }) => creative_id === item.creative_id) < i)
        return [twice(`${at}.creative_id`)]
      if (!offer) return []
      const takes = chosenFormats(offer, request.format_ids)
      const fits = takes.some(
        ({ agent_url, id }) => agent_url === creative.agent_url && id === creative.format_id,
      )
      return fits ? [] : [otherFormat(`${at}.creative_id`, takes.map(({ id }) => id).join(', '))]
    })
  })
}

const assignmentsOf = ({ creative_assignments = [] }: PackageRequest) => creative_assignments

const notFound = (field: string): Problem => ({
  code: 'CREATIVE_NOT_FOUND',
  message: 'There is no such creative in your library.',
  field,
  suggestion: 'Bring it with sync_creatives first, or see list_creatives.',
})
const noPlacements = (field: string): Problem => ({
  code: 'UNSUPPORTED_FEATURE',
  message: 'A creative runs on all placements of its package.',
  field,
  suggestion: 'Leave placements out.',
})
const twice = (field: string): Problem => ({
  code: 'INVALID_REQUEST',
  message: 'This creative is assigned twice.',
  field,
  suggestion: 'Name it once.',
})
const otherFormat = (field: string, takes: string): Problem => ({
  code: 'INVALID_REQUEST',
  message: 'The package does not take the format of this creative.',
  field,
  suggestion: `It takes: ${takes}.`,
})
