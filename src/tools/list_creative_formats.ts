import { sql } from 'kysely'
import { readCursor } from '../adcp/cursor.ts'
import { throwProblems } from '../adcp/error.ts'
import { metricsFor } from '../adcp/metrics.ts'
import { andMore, bytesOf, pageOf } from '../adcp/page.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import { readTool, type Output } from './define-tool.ts'
import { agentNotes, selectAgents } from './list_creative_formats/agents.ts'
import { input, unanswerable } from './list_creative_formats/request.ts'
import { ownerRank, selectFormats } from './list_creative_formats/select.ts'
import { quoted } from '../adcp/quoted.ts'

export const listCreativeFormats = readTool({
  name: 'list_creative_formats',
  title: 'Creative formats accepted',
  description:
    'The creative formats this publisher accepts, its own and those of creative agents, with sizes and the assets each needs. format_id is the pair {agent_url, id}; agent_url says whose format it is. Use it before sync_creatives; which formats a product takes get_products tells. Example: {"asset_types": ["image"], "max_width": 300}',
  input,
  forStrangers: (output) => output,
  summary,
  async handle(request, { db, principal, version, now }) {
    throwProblems(unanswerable(request))
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? 50
    const [rank, position, agentUrl, id] = page?.cursor ? readCursor(page.cursor, query) : []
    const place = sql`(${ownerRank}, creative_formats.position, creative_formats.agent_url, format_id)`
    const rows = await selectFormats(db, principal, request)
      .$if(rank !== undefined, (q) =>
        q.where(sql<boolean>`${place} > (${rank}::int, ${position}::int, ${agentUrl}, ${id})`),
      )
      .orderBy(ownerRank)
      .orderBy('creative_formats.position')
      .orderBy('creative_formats.agent_url')
      .orderBy('format_id')
      .limit(limit + 1)
      .execute()
    const agents = await selectAgents(db, principal).execute()
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: (row) => toFormat(row, version),
      position: (row) => [row.rank, row.position, row.agent_url, row.format_id],
      besides: bytesOf(agentNotes(agents, now, version, new Set(rows.map(({ agent_url }) => agent_url)))),
    })
    const listed = new Set(items.map(({ format_id }) => format_id.agent_url))
    return { formats: items, pagination, ...agentNotes(agents, now, version, listed) }
  },
})

type Row = Awaited<ReturnType<ReturnType<typeof selectFormats>['execute']>>[number]

/** The schema of 3.0 by mistake takes none of the macros AdCP has (they match both branches of a oneOf), so only 3.1 is told them. */
function toFormat({ agent_url, format_id, name, description, definition }: Row, version: AdcpVersion) {
  const { reported_metrics, supported_macros, ...rest } = definition as Record<string, string[] | undefined>
  return {
    format_id: { agent_url, id: format_id },
    name,
    ...(description && { description }),
    ...rest,
    ...(supported_macros && version === '3.1' && { supported_macros }),
    ...(reported_metrics && { reported_metrics: metricsFor(version, reported_metrics) }),
  }
}

interface Told {
  agent_url: string
  formats: string
  as_of?: string
}

function summary(output: Output): string {
  const formats = output['formats'] as { name: string; format_id: { agent_url: string; id: string } }[]
  const { salesdesk } = (output['ext'] ?? {}) as { salesdesk?: { creative_agents?: Told[] } }
  const lines = formats.map(
    ({ name, format_id }) => `- ${quoted(name)} (${format_id.id} of ${format_id.agent_url})`,
  )
  return [
    `${formats.length} formats:`,
    ...lines,
    ...andMore(output),
    ...(salesdesk?.creative_agents ?? []).map(({ agent_url, as_of }) =>
      as_of === undefined
        ? `The formats of ${agent_url} are not known at the moment.`
        : `The formats of ${agent_url} are as of ${as_of}; it has not been read anew since.`,
    ),
  ].join('\n')
}
