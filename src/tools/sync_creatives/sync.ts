import { throwProblems, toWireError } from '../../adcp/error.ts'
import { assignCreatives } from '../../commands/assign_creatives.ts'
import { judgeCreatives, type Judged } from '../../commands/judge_creatives.ts'
import { keepCreatives } from '../../commands/keep_creatives.ts'
import { placeCreatives } from '../../commands/place_creatives.ts'
import { recordAudit } from '../../commands/record.ts'
import type { Account } from '../../queries/own_account.ts'
import { startReadyMediaBuys } from '../../commands/start_ready_media_buys.ts'
import type { Db, Trx } from '../../db/database.ts'
import type { CreativeStatus } from '../../db/schema.ts'
import type { Output, Principal, ToolContext } from '../define-tool.ts'
import { judgeAssignments, type JudgedAssignment } from './judge_assignments.ts'
import { archiveMissing } from './archive_missing.ts'
import type { Request } from './request.ts'

/**
 * Brings the library and the packages to what was sent and answers one result for each creative. In strict mode anything
 * wrong refuses all of it; in lenient mode what is wrong is left out and told. The caller holds the library's lock.
 * @throws AdcpError
 */
export async function syncLibrary(
  trx: Trx,
  { principal, now }: ToolContext<Db>,
  request: Request,
  account: Account,
): Promise<Output> {
  const judged = await judgeCreatives(trx, principal, wanted(request), account.account_id, now)
  const links = await judgeAssignments(trx, principal, request, judged, now)
  if (request.validation_mode !== 'lenient')
    throwProblems([
      ...judged.flatMap(({ problems }) => problems),
      ...links.flatMap(({ problem }) => problem ?? []),
    ])

  await keepCreatives(trx, principal, judged, now)
  const added = links.filter(({ problem, already }) => !problem && !already)
  await assignCreatives(trx, principal.principal_id, added.map(assignmentOf), now)
  const sent = request.creatives.map(({ creative_id }) => creative_id)
  const missing = request.delete_missing
    ? await archiveMissing(trx, principal, account.account_id, sent, now)
    : { archived: [], needed: [] }
  const actor = { kind: 'buyer', name: principal.name } as const
  await startReadyMediaBuys(trx, actor, principal, now)
  const moved = [...added.map(({ creative_id }) => creative_id), ...missing.archived]
  await placeCreatives(trx, principal, moved)

  const counts = {
    created: judged.filter(({ action }) => action === 'created').length,
    updated: judged.filter(({ action }) => action === 'updated').length,
    archived: missing.archived.length,
    assigned: added.length,
  }
  if (Object.values(counts).some((count) => count > 0))
    await recordAudit(trx, actor, {
      tenant_id: principal.tenant_id,
      action: 'sync_creatives',
      subject_kind: 'account',
      subject_id: account.account_id,
      detail: counts,
    })
  const statusOf = await readStatuses(trx, principal, [...sent, ...idsOf(links), ...missing.needed])
  const unchanged = (creative_id: string) => ({ creative_id, action: 'unchanged', ...statusOf(creative_id) })
  return {
    ...(request.dry_run && { dry_run: true }),
    creatives: [
      ...judged.map((item) => ({ ...resultOf(item, statusOf), ...linksOf(item, links) })),
      ...onlyAssigned(judged, links, unchanged),
      ...missing.archived.map((creative_id) => ({ creative_id, action: 'deleted' })),
      ...missing.needed.map((creative_id) => ({ ...unchanged(creative_id), warnings })),
    ],
    ...(account.sandbox && { sandbox: true }),
  }
}

/** The creatives of the request, or those of them that creative_ids names. */
function wanted({ creatives, creative_ids }: Request) {
  return creatives
    .map((creative, i) => ({ field: `creatives[${i}]`, creative }))
    .filter(({ creative }) => !creative_ids || creative_ids.includes(creative.creative_id))
}

const warnings = ['Not archived: a package that is not paused shows it.']
const idsOf = (links: readonly JudgedAssignment[]) => links.map(({ creative_id }) => creative_id)
const assignmentOf = ({ creative_id, package_id, weight }: JudgedAssignment) => ({
  creative_id,
  package_id,
  weight,
})

type StatusOf = (creative_id: string) => { status?: CreativeStatus }
/** Where creatives stand now. */
async function readStatuses(
  trx: Trx,
  { principal_id }: Principal,
  ids: readonly string[],
): Promise<StatusOf> {
  const rows = await trx
    .selectFrom('creatives')
    .select(['creative_id', 'status'])
    .where('principal_id', '=', principal_id)
    .where('creative_id', 'in', [...ids])
    .execute()
  const statuses = new Map(rows.map(({ creative_id, status }) => [creative_id, { status }]))
  return (creative_id) => statuses.get(creative_id) ?? {}
}

function resultOf({ creative_id, action, changes, problems }: Judged, statusOf: StatusOf): Output {
  if (action === 'failed') return { creative_id, action, errors: problems.map(toWireError) }
  return { creative_id, action, ...statusOf(creative_id), ...(action === 'updated' && { changes }) }
}

/** What became of the assignments of one creative. */
function linksOf({ creative_id }: { creative_id: string }, links: readonly JudgedAssignment[]): Output {
  const own = links.filter((link) => link.creative_id === creative_id)
  const assigned_to = own.filter(({ problem }) => !problem).map(({ package_id }) => package_id)
  const errors = own.flatMap(({ package_id, problem }) =>
    problem ? [[package_id, `${problem.code}: ${problem.message}`] as const] : [],
  )
  return {
    ...(assigned_to.length > 0 && { assigned_to }),
    ...(errors.length > 0 && { assignment_errors: Object.fromEntries(errors) }),
  }
}

/** Creatives that were in the library before and that this sync only assigns. */
function onlyAssigned(
  judged: readonly Judged[],
  links: readonly JudgedAssignment[],
  unchanged: (creative_id: string) => Output,
): Output[] {
  const told = new Set(judged.map(({ creative_id }) => creative_id))
  const others = [...new Set(idsOf(links))].filter((id) => !told.has(id))
  return others.map((creative_id) => {
    const unknown = links.flatMap(({ creative_id: id, problem }) =>
      id === creative_id && problem?.code === 'CREATIVE_NOT_FOUND' ? [problem] : [],
    )
    if (unknown.length > 0)
      return { creative_id, action: 'failed', errors: unknown.slice(0, 1).map(toWireError) }
    return { ...unchanged(creative_id), ...linksOf({ creative_id }, links) }
  })
}
