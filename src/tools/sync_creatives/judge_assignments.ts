import type { Problem } from '../../adcp/error.ts'
import { isOver } from '../../adcp/media_buy_lifecycle.ts'
import type { Assignment } from '../../commands/assign_creatives.ts'
import type { Judged } from '../../commands/judge_creatives.ts'
import type { Trx } from '../../db/database.ts'
import { selectCreatives } from '../../queries/creatives.ts'
import type { Principal } from '../define-tool.ts'
import { invalid, type AssignmentRequest, type Request } from './request.ts'

/** One assignment of the request, and whether there is anything to do for it. */
export interface JudgedAssignment extends Assignment {
  already: boolean
  problem?: Problem
}
interface Format {
  agent_url: string
  format_id: string
}

/** Checks each assignment against the library as this sync leaves it and against the media buys, which stay locked. */
export async function judgeAssignments(
  trx: Trx,
  principal: Principal,
  { assignments = [] }: Request,
  judged: readonly Judged[],
  now: Date,
): Promise<JudgedAssignment[]> {
  if (assignments.length === 0) return []
  const formats = await readLibraryAfter(trx, principal, assignments, judged)
  const rows = await lockPackages(trx, principal, assignments).execute()
  const packages = new Map(rows.map((row) => [row.package_id, row]))
  const existing = await readExisting(trx, [...packages.keys()])
  const seen = new Set<string>()
  return assignments.map((item, i) => {
    const { creative_id, package_id, weight = null } = item
    const key = JSON.stringify([package_id, creative_id])
    const twice = seen.has(key)
    seen.add(key)
    const already = existing.has(key) && existing.get(key) === weight
    const asked = { field: `assignments[${i}]`, item, twice, already, now }
    const problem = problemOf(asked, formats.get(creative_id), packages.get(package_id))
    return { creative_id, package_id, weight, already, ...(problem && { problem }) }
  })
}

type Package = Awaited<ReturnType<ReturnType<typeof lockPackages>['execute']>>[number]
interface Asked {
  field: string
  item: AssignmentRequest
  twice: boolean
  already: boolean
  now: Date
}

function problemOf(
  { field, item, twice, already, now }: Asked,
  format: Format | undefined,
  target: Package | undefined,
): Problem | undefined {
  if (!format) return noCreative(`${field}.creative_id`)
  const at = `${field}.package_id`
  if (!target) return noPackage(at)
  if (twice) return invalid(at, 'This creative is assigned to it twice.', 'Assign it once.')
  if (item.placement_ids || item['placement_refs']) return noPlacements(field)
  if (already) return undefined
  if (target.canceled || isOver(target.status)) return over(at)
  if (target.creative_deadline && target.creative_deadline < now) return tooLate(at)
  const wanted = target.format_ids as unknown as { agent_url: string; id: string }[]
  if (wanted.some(({ agent_url, id }) => agent_url === format.agent_url && id === format.format_id))
    return undefined
  const takes = wanted.map(({ id }) => id).join(', ')
  return invalid(at, 'This package does not take the format of this creative.', `It takes: ${takes}.`)
}

async function readLibraryAfter(
  trx: Trx,
  principal: Principal,
  assignments: readonly AssignmentRequest[],
  judged: readonly Judged[],
): Promise<Map<string, Format>> {
  const ids = assignments.map(({ creative_id }) => creative_id)
  const kept = await selectCreatives(trx, principal, ids).where('status', '<>', 'archived').execute()
  const sent = judged.flatMap(({ creative_id, content }) => (content ? [{ creative_id, ...content }] : []))
  return new Map([...kept, ...sent].map((row) => [row.creative_id, row]))
}

/** A buy that waits for approval is a task to the buyer; it cannot know its packages. */
function lockPackages(
  trx: Trx,
  { tenant_id, principal_id }: Principal,
  assignments: readonly AssignmentRequest[],
) {
  const ids = assignments.map(({ package_id }) => package_id)
  return trx
    .selectFrom('media_packages as p')
    .innerJoin('media_buys as buy', 'buy.media_buy_id', 'p.media_buy_id')
    .select(['p.package_id', 'p.format_ids', 'p.canceled', 'buy.status', 'buy.creative_deadline'])
    .where('p.package_id', 'in', ids)
    .where('buy.tenant_id', '=', tenant_id)
    .where('buy.principal_id', '=', principal_id)
    .where('buy.confirmed_at', 'is not', null)
    .orderBy('buy.media_buy_id')
    .forUpdate('buy')
}

async function readExisting(trx: Trx, packageIds: string[]): Promise<Map<string, number | null>> {
  if (packageIds.length === 0) return new Map()
  const rows = await trx
    .selectFrom('creative_assignments')
    .select(['package_id', 'creative_id', 'weight'])
    .where('package_id', 'in', packageIds)
    .execute()
  return new Map(rows.map((row) => [JSON.stringify([row.package_id, row.creative_id]), row.weight]))
}

const noCreative = (field: string): Problem => ({
  code: 'CREATIVE_NOT_FOUND',
  message: 'There is no such creative in your library.',
  field,
  suggestion: 'Send it in creatives, or see list_creatives.',
})
const noPackage = (field: string): Problem => ({
  code: 'PACKAGE_NOT_FOUND',
  message: 'None of your media buys has this package.',
  field,
  suggestion: 'See get_media_buys for package_id.',
})
const noPlacements = (field: string): Problem => ({
  code: 'UNSUPPORTED_FEATURE',
  message: 'A creative runs on all placements of its package.',
  field: `${field}.placement_ids`,
  suggestion: 'Leave placements out.',
})
const over = (field: string): Problem => ({
  code: 'INVALID_STATE',
  message: 'This package is over.',
  field,
  suggestion: 'See get_media_buys for those that are not.',
})
const tooLate = (field: string): Problem => ({
  code: 'CREATIVE_DEADLINE_EXCEEDED',
  message: 'The creative_deadline of this package has passed.',
  field,
  suggestion: 'See creative_deadline in get_media_buys, or ask the publisher.',
})
