import canonicalize from 'canonicalize'
import type { CreativeAsset } from '../adcp/creative_asset.ts'
import type { Problem } from '../adcp/error.ts'
import type { Trx } from '../db/database.ts'
import { judgeCreatives, type Judged, type SentCreative } from './judge_creatives.ts'

/** The creatives sent along with one package. */
export interface PackageCreatives {
  /** Path of the package, for example `packages[0]`. */
  field: string
  creatives: readonly CreativeAsset[]
  /** Creatives of the library assigned to the same package. */
  assigned: readonly string[]
  /** The formats the package takes; undefined where the package itself is wrong. */
  takes: readonly { agent_url: string; id: string }[] | undefined
}

/**
 * Judges creatives sent with packages as sync_creatives would. The same creative may come with several packages; one that the
 * library has differently is refused, since other packages may show it. The caller holds the library's lock, and then gives
 * `judged` to keepCreatives.
 */
export async function judgeInlineCreatives(
  trx: Trx,
  owner: { tenant_id: string; principal_id: string },
  packages: readonly PackageCreatives[],
  account_id: string,
  now: Date,
): Promise<{ judged: Judged[]; problems: Problem[] }> {
  const sent = packages.flatMap((item) =>
    item.creatives.map((creative, i) => ({ item, creative, field: `${item.field}.creatives[${i}]` })),
  )
  const first = new Map<string, SentCreative>()
  for (const { field, creative } of sent)
    if (!first.has(creative.creative_id)) first.set(creative.creative_id, { field, creative })
  const judged = await judgeCreatives(trx, owner, [...first.values()], account_id, now)
  const kept = judged.map(asKept)
  const verdicts = new Map(kept.map((verdict) => [verdict.creative_id, verdict]))
  const problems = sent.flatMap(({ item, creative, field }): Problem[] => {
    const { creative_id } = creative
    const before = first.get(creative_id)
    if (before?.creative !== creative && canonicalize(before?.creative) !== canonicalize(creative))
      return [otherwise(field, 'Another creative of this id comes with this request.')]
    const verdict = verdicts.get(creative_id)
    if (!verdict?.content) return before?.field === field ? (verdict?.problems ?? []) : []
    if (isOther(verdict)) return [otherwise(field, 'Your library has another creative of this id.')]
    return fitOf(item, creative, verdict.content, field)
  })
  return { judged: kept, problems }
}

/** What the package itself says against one of its creatives. */
function fitOf(
  { creatives, assigned, takes }: PackageCreatives,
  creative: CreativeAsset,
  content: { agent_url: string; format_id: string },
  field: string,
): Problem[] {
  const { creative_id } = creative
  if (creative['placement_ids'] || creative['placement_refs'])
    return [
      {
        code: 'UNSUPPORTED_FEATURE',
        message: 'A creative runs on all placements of its package.',
        field: `${field}.placement_ids`,
        suggestion: 'Leave placements out.',
      },
    ]
  const earlier = creatives.findIndex((other) => other.creative_id === creative_id)
  if (assigned.includes(creative_id) || creatives[earlier] !== creative)
    return [invalid(`${field}.creative_id`, 'This creative is on the package twice.', 'Name it once.')]
  if (
    !takes ||
    takes.some(({ agent_url, id }) => agent_url === content.agent_url && id === content.format_id)
  )
    return []
  return [
    invalid(
      `${field}.format_id`,
      'The package does not take the format of this creative.',
      `It takes: ${takes.map(({ id }) => id).join(', ')}.`,
    ),
  ]
}

/** A creative the library has is left as it is there; one that was archived comes back. */
const asKept = (verdict: Judged): Judged =>
  verdict.action === 'updated' && !isOther(verdict) && !verdict.changes.includes('status')
    ? { ...verdict, action: 'unchanged' }
    : verdict

/** The account is not part of it: a creative may run for several. */
const isOther = ({ changes }: Judged) => changes.some((name) => name !== 'account' && name !== 'status')

const otherwise = (field: string, message: string) =>
  invalid(
    `${field}.creative_id`,
    message,
    'Give it an id of its own, change it with sync_creatives, or name it in creative_assignments.',
  )
const invalid = (field: string, message: string, suggestion: string): Problem => ({
  code: 'INVALID_REQUEST',
  message,
  field,
  suggestion,
})
