import canonicalize from 'canonicalize'
import { refersTo } from '../adcp/agent_url.ts'
import type { CreativeAsset } from '../adcp/creative_asset.ts'
import { fitProblems } from '../adcp/creative_fit.ts'
import type { Problem } from '../adcp/error.ts'
import type { Trx } from '../db/database.ts'
import type { CreativeStatus } from '../db/schema.ts'
import { readFormats, readPastDeadline, selectCreatives, type CreativeFormat } from '../queries/creatives.ts'
import { isReviewed } from '../queries/creative_review.ts'

/** A creative as the library keeps it, without what the library itself says of it. */
export interface Content {
  account_id: string
  name: string
  agent_url: string
  format_id: string
  assets: CreativeAsset['assets']
  tags: string[]
  details: Record<string, unknown>
}
/** One creative of the request and what is to be done with it. */
export interface Judged {
  creative_id: string
  action: 'created' | 'updated' | 'unchanged' | 'failed'
  content?: Content
  /** Where it stands once it is kept so. */
  status?: CreativeStatus
  changes: string[]
  problems: Problem[]
}

interface Owner {
  tenant_id: string
  principal_id: string
}
/** A creative and where it stands in the request, for example `creatives[0]`. */
export interface SentCreative {
  field: string
  creative: CreativeAsset
}

/** Compares each creative with the library and with its format; keeps nothing yet. The caller holds the library's lock. */
export async function judgeCreatives(
  trx: Trx,
  owner: Owner,
  sent: readonly SentCreative[],
  account_id: string,
  now: Date,
): Promise<Judged[]> {
  if (sent.length === 0) return []
  const ids = sent.map(({ creative }) => creative.creative_id)
  const formats = await readFormats(
    trx,
    owner,
    sent.map(({ creative }) => creative.format_id.id),
  )
  const rows = await selectCreatives(trx, owner, ids).execute()
  const library = new Map(rows.map((row) => [row.creative_id, row]))
  const closed = await readPastDeadline(trx, owner, ids, now)
  const anew = (await isReviewed(trx, owner)) ? 'pending_review' : 'approved'
  return sent.map(({ field, creative }, i): Judged => {
    const { creative_id } = creative
    const failed = (...problems: Problem[]): Judged => ({
      creative_id,
      action: 'failed',
      changes: [],
      problems,
    })
    if (ids.indexOf(creative_id) < i) return failed(twice(field))
    const format = formatOf(creative, formats)
    if (!format) return failed(noFormat(field))
    const unfit = fitProblems(`${field}.assets`, creative.assets, format)
    if (unfit.length > 0) return failed(...unfit)

    const content = contentOf(creative, format, account_id)
    const before = library.get(creative_id)
    if (!before) return { creative_id, action: 'created', content, status: anew, changes: [], problems: [] }
    const changes = changesBetween(before, content)
    // sent again, one is back from the archive, and one that was rejected is looked at anew
    if (before.status === 'archived' || before.status === 'rejected') changes.push('status')
    if (closed.has(creative_id) && changes.some((name) => name === 'assets' || name === 'format_id'))
      return failed(tooLate(field))
    const action = changes.length > 0 ? 'updated' : 'unchanged'
    const status = changes.every((name) => unseen.includes(name)) ? before.status : anew
    return { creative_id, action, content, status, changes, problems: [] }
  })
}

/** The format that is meant. An id alone means the publisher's own format before that of a creative agent. */
function formatOf(creative: CreativeAsset, formats: CreativeFormat[]) {
  const found = formats.filter(({ agent_url, format_id: id }) =>
    refersTo(creative.format_id, { agent_url, id }),
  )
  const own = found.filter(({ creative_agent_id }) => creative_agent_id === null)
  const [meant, another] = own.length > 0 ? own : found
  return another ? undefined : meant
}

/** What of a creative nobody sees who sees it shown. */
const unseen = ['name', 'tags', 'account']

/** Where it is shown and how often is said by assignments; its status is ours to say. */
const notContent = ['status', 'weight', 'placement_ids', 'placement_refs']

function contentOf(item: CreativeAsset, format: CreativeFormat, account_id: string): Content {
  const { creative_id: _id, name, format_id, assets, tags = [], ...rest } = item
  const { agent_url: _agent, id: _format, ...parameters } = format_id
  const details = Object.fromEntries(Object.entries(rest).filter(([key]) => !notContent.includes(key)))
  if (Object.keys(parameters).length > 0) details['format_parameters'] = parameters
  return {
    account_id,
    name,
    agent_url: format.agent_url,
    format_id: format.format_id,
    assets,
    tags,
    details,
  }
}

/** The fields of the creative that are no longer what they were, by AdCP's names. */
function changesBetween(before: Kept, after: Kept): string[] {
  const [one, other] = [fieldsOf(before), fieldsOf(after)]
  const names = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...names].filter((name) => canonicalize([one[name]]) !== canonicalize([other[name]])).sort()
}

type Fields = Record<string, unknown>
type Kept = Omit<Content, 'assets' | 'details'> & { assets: unknown; details: unknown }
function fieldsOf({ details, name, assets, tags, account_id, agent_url, format_id }: Kept): Fields {
  const { format_parameters, ...rest } = details as Content['details']
  const format = [agent_url, format_id, format_parameters]
  return { ...rest, name, assets, tags, account: account_id, format_id: format }
}

const twice = (field: string): Problem => ({
  code: 'INVALID_REQUEST',
  message: 'This id comes twice in one request.',
  field: `${field}.creative_id`,
  suggestion: 'Send each creative once.',
})
const noFormat = (field: string): Problem => ({
  code: 'INVALID_REQUEST',
  message: 'This publisher takes no such format.',
  field: `${field}.format_id`,
  suggestion: 'Use the format_id of one of list_creative_formats, with its agent_url.',
})
const tooLate = (field: string): Problem => ({
  code: 'CREATIVE_DEADLINE_EXCEEDED',
  message: 'This creative is on a package whose creative_deadline has passed.',
  field,
  suggestion: 'Leave its format and assets as they are, or ask the publisher.',
})
