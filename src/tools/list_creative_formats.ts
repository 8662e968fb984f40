import { sql } from 'kysely'
import { z } from 'zod'
import { readCursor } from '../adcp/cursor.ts'
import { throwProblems, type Problem } from '../adcp/error.ts'
import { metricsFor } from '../adcp/metrics.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { domain, envelope, formatId, pagination } from '../adcp/request_schemas.ts'
import type { AdcpVersion } from '../adcp/version.ts'
import type { ReadDb } from '../db/database.ts'
import { isAcceptedFrom } from '../queries/creatives.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'

/** enums/asset-content-type.json */
const assetTypes = new Set(
  'image video audio text markdown html css javascript vast daast url webhook brief catalog published_post'.split(
    ' ',
  ),
)
const assetType = z.string().refine((name) => assetTypes.has(name), `one of ${[...assetTypes].join(', ')}`)

const input = z.looseObject({
  ...envelope,
  format_ids: z.array(formatId).min(1).max(500).optional().describe('Only these: [{agent_url, id}].'),
  asset_types: z
    .array(assetType)
    .min(1)
    .optional()
    .describe('Formats with any of these assets: image, video, audio, html, vast …'),
  max_width: z.number().int().optional(),
  max_height: z.number().int().optional(),
  min_width: z.number().int().optional(),
  min_height: z.number().int().optional(),
  is_responsive: z.boolean().optional(),
  name_search: z.string().max(200).optional().describe('Part of the name.'),
  wcag_level: z.enum(['A', 'AA', 'AAA']).optional(),
  disclosure_positions: z.array(z.string()).min(1).optional(),
  disclosure_persistence: z.array(z.string()).min(1).optional(),
  output_format_ids: z.array(formatId).min(1).optional(),
  input_format_ids: z.array(formatId).min(1).optional(),
  account: z.looseObject({}).optional(),
  publisher_domain: domain.optional(),
  property_id: z
    .string()
    .regex(/^[a-z0-9_]+$/)
    .optional(),
  pagination: pagination.optional(),
})
type Input = z.infer<typeof input>

export const listCreativeFormats = readTool({
  name: 'list_creative_formats',
  title: 'Creative formats accepted',
  description:
    'The creative formats this publisher accepts, with sizes and the assets each needs. format_id is the pair {agent_url, id}. Use it before sync_creatives; which formats a product takes get_products tells. Example: {"asset_types": ["image"], "max_width": 300}',
  input,
  forStrangers: (output) => output,
  summary,
  async handle(request, { db, principal, version }) {
    throwProblems(unanswerable(request))
    const { pagination: page, ...query } = request
    const limit = page?.max_results ?? 50
    const [position, agentUrl, id] = page?.cursor ? readCursor(page.cursor, query) : []
    const matching = selectFormats(db, principal, request)
    const rows = await matching
      .$if(position !== undefined, (q) =>
        q.where(sql<boolean>`(position, agent_url, format_id) > (${position}::int, ${agentUrl}, ${id})`),
      )
      .orderBy('position')
      .orderBy('agent_url')
      .orderBy('format_id')
      .limit(limit + 1)
      .execute()
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: (row) => toFormat(row, version),
      position: (row) => [row.position, row.agent_url, row.format_id],
    })
    return { formats: items, pagination }
  },
})

function summary(output: Output): string {
  const formats = output['formats'] as { name: string; format_id: { agent_url: string; id: string } }[]
  const lines = formats.map(({ name, format_id }) => `- ${name} (${format_id.id} of ${format_id.agent_url})`)
  return [`${formats.length} formats:`, ...lines, ...andMore(output)].join('\n')
}

/** Filters on facts our formats do not record. Ignoring one would return formats the buyer asked not to see. */
function unanswerable(request: Input): Problem[] {
  const names = [
    'wcag_level',
    'disclosure_positions',
    'disclosure_persistence',
    'output_format_ids',
    'input_format_ids',
    'publisher_domain',
    'property_id',
  ] as const
  return names
    .filter((name) => request[name] !== undefined)
    .map((field) => ({
      code: 'UNSUPPORTED_FEATURE',
      message: `Formats cannot be filtered by ${field} here.`,
      field,
      suggestion: `Leave ${field} out.`,
    }))
}

type Row = Awaited<ReturnType<ReturnType<typeof selectFormats>['execute']>>[number]

function toFormat({ agent_url, format_id, name, description, definition }: Row, version: AdcpVersion) {
  const { reported_metrics, ...rest } = definition as { reported_metrics?: string[] }
  return {
    format_id: { agent_url, id: format_id },
    name,
    ...(description && { description }),
    ...rest,
    ...(reported_metrics && { reported_metrics: metricsFor(version, reported_metrics) }),
  }
}

function selectFormats(db: ReadDb, principal: Principal, request: Input) {
  const { format_ids, asset_types, name_search, is_responsive } = request
  return db
    .selectFrom('creative_formats')
    .select(['agent_url', 'format_id', 'name', 'description', 'definition', 'position'])
    .where('tenant_id', '=', principal.tenant_id)
    .where('archived_at', 'is', null)
    .where(isAcceptedFrom(principal, request.account !== undefined))
    .$if(format_ids !== undefined, (q) =>
      q.where((eb) =>
        eb.or(
          (format_ids ?? []).map(({ agent_url, id }) =>
            agent_url === undefined ? eb('format_id', '=', id) : eb.and({ agent_url, format_id: id }),
          ),
        ),
      ),
    )
    .$if(asset_types !== undefined, (q) => q.where(sql<boolean>`asset_types && ${asset_types}::text[]`))
    .$if(name_search !== undefined, (q) =>
      q.where(sql<boolean>`strpos(lower(name), lower(${name_search})) > 0`),
    )
    .$if(is_responsive !== undefined, (q) => q.where('is_responsive', '=', is_responsive ?? false))
    .$if(request.min_width !== undefined, (q) => q.where(anyRender('width', '>=', request.min_width)))
    .$if(request.max_width !== undefined, (q) => q.where(anyRender('width', '<=', request.max_width)))
    .$if(request.min_height !== undefined, (q) => q.where(anyRender('height', '>=', request.min_height)))
    .$if(request.max_height !== undefined, (q) => q.where(anyRender('height', '<=', request.max_height)))
}

/** True of a format of which any render is so wide or high in pixels, as AdCP has it. */
function anyRender(side: 'width' | 'height', compare: '>=' | '<=', pixels: number | undefined) {
  return sql<boolean>`exists (
    select from jsonb_array_elements(definition->'renders') as render (value)
    where coalesce(value->'dimensions'->>'unit', 'px') = 'px'
      and (value->'dimensions'->>${side})::numeric ${sql.raw(compare)} ${pixels}::numeric)`
}
