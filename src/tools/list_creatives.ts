import { sql } from 'kysely'
import { z } from 'zod'
import { readCursor } from '../adcp/cursor.ts'
import { throwProblems } from '../adcp/error.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { accountRef, envelope, pagination } from '../adcp/request_schemas.ts'
import type { ReadDb } from '../db/database.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'
import { conditions, filters, stands, unanswerable, type Filters } from './list_creatives/filters.ts'

const input = z.looseObject({
  ...envelope,
  filters: filters.optional(),
  sort: z
    .looseObject({
      field: z.enum(['created_date', 'updated_date', 'name', 'status', 'assignment_count']).optional(),
      direction: z.enum(['asc', 'desc']).optional(),
    })
    .optional()
    .describe('The newest first if left out.'),
  pagination: pagination.optional(),
  include_assignments: z.boolean().optional(),
  include_snapshot: z.boolean().optional(),
  include_items: z.boolean().optional(),
  include_variables: z.boolean().optional(),
  include_pricing: z.boolean().optional(),
  include_purged: z.boolean().optional(),
  include_webhook_activity: z.boolean().optional(),
  webhook_activity_limit: z.number().int().min(1).max(200).optional(),
  account: accountRef.optional(),
  fields: z.array(z.string()).min(1).optional(),
})
type Input = z.infer<typeof input>

export const listCreatives = readTool({
  name: 'list_creatives',
  title: 'Your creative library',
  description:
    'Your creatives with review status and the packages they are on; archived ones only with filters.statuses. Assets are not repeated. To add or change them use sync_creatives. Example: {"filters": {"statuses": ["approved"], "unassigned": true}}',
  input,
  summary(output) {
    const { total_matching, returned } = output['query_summary'] as Record<string, number>
    const ids = (output['creatives'] as { creative_id: string; status: string }[]).map(
      ({ creative_id, status }) => `${creative_id} (${status})`,
    )
    const told = `${returned} of ${total_matching} creatives. ${ids.join(', ')}`.trim()
    return [told, ...andMore(output)].join('\n')
  },
  async handle(request, { db, principal }) {
    const { pagination: page, ...query } = request
    const given = request.filters ?? {}
    throwProblems(unanswerable(given))
    const { field = 'created_date', direction = 'desc' } = request.sort ?? {}
    const { by, type } = orders[field]
    const limit = page?.max_results ?? 50
    const [value, id] = page?.cursor ? readCursor(page.cursor, query) : []
    const after = sql.raw(direction === 'asc' ? '>' : '<')
    const rows = await selectLibrary(db, principal, given)
      .select([...columns, packages.as('packages'), sql<string>`(${by})::text`.as('position')])
      .$if(value !== undefined, (q) =>
        q.where(sql<boolean>`(${by}, c.creative_id) ${after} (${value}::${sql.raw(type)}, ${id})`),
      )
      .orderBy(by, direction)
      .orderBy('c.creative_id', direction)
      .limit(limit + 1)
      .execute()
    const { total } = await selectLibrary(db, principal, given)
      .select(sql<number>`count(*)::int`.as('total'))
      .executeTakeFirstOrThrow()
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: (row) => toCreative(row, request),
      position: (row) => [row.position, row.creative_id],
    })
    const filters_applied = Object.keys(given).filter((name) => given[name] !== undefined)
    return {
      query_summary: {
        total_matching: total,
        returned: items.length,
        filters_applied,
        sort_applied: { field, direction },
      },
      pagination: { ...pagination, total_count: total },
      creatives: items,
      ...(principal.sandbox && { sandbox: true }),
    }
  },
})

const assignmentCount = sql<number>`(select count(*) from creative_assignments a join media_packages p using (package_id)
  join media_buys buy using (media_buy_id) where a.principal_id = c.principal_id and a.creative_id = c.creative_id
  and ${stands})`
const orders = {
  created_date: { by: sql`c.created_at`, type: 'timestamptz' },
  updated_date: { by: sql`c.updated_at`, type: 'timestamptz' },
  name: { by: sql`c.name`, type: 'text' },
  status: { by: sql`c.status::text`, type: 'text' },
  assignment_count: { by: assignmentCount, type: 'bigint' },
}
const columns = [
  'c.creative_id',
  'c.name',
  'c.agent_url',
  'c.format_id',
  'c.tags',
  'c.details',
  'c.status',
  'c.rejection_reason',
  'c.created_at',
  'c.updated_at',
] as const

const packages = sql<{ package_id: string; since: string }[]>`(
  select coalesce(json_agg(json_build_object('package_id', a.package_id,
    'since', to_json(a.created_at at time zone 'UTC') #>> '{}') order by a.created_at, a.package_id), '[]')
  from creative_assignments a join media_packages p using (package_id) join media_buys buy using (media_buy_id)
  where a.principal_id = c.principal_id and a.creative_id = c.creative_id
    and ${stands})`

function selectLibrary(db: ReadDb, { principal_id }: Principal, given: Filters) {
  return db
    .selectFrom('creatives as c')
    .innerJoin('accounts as account', 'account.account_id', 'c.account_id')
    .where('c.principal_id', '=', principal_id)
    .where((eb) => eb.and(conditions(eb as never, given)))
}

interface Row {
  creative_id: string
  name: string
  agent_url: string
  format_id: string
  tags: string[]
  details: unknown
  status: string
  rejection_reason: string | null
  created_at: Date
  updated_at: Date
  packages: { package_id: string; since: string }[]
}

function toCreative(row: Row, { fields, include_assignments = true, include_snapshot }: Input): Output {
  const wanted = (name: string) => fields?.includes(name) ?? true
  const { format_parameters = {} } = row.details as { format_parameters?: object }
  return {
    creative_id: row.creative_id,
    name: row.name,
    format_id: { ...format_parameters, agent_url: row.agent_url, id: row.format_id },
    status: row.status,
    ...(row.rejection_reason !== null && { ext: { salesdesk: { rejection_reason: row.rejection_reason } } }),
    created_date: row.created_at.toISOString(),
    updated_date: row.updated_at.toISOString(),
    ...(row.tags.length > 0 && wanted('tags') && { tags: row.tags }),
    ...(include_assignments &&
      wanted('assignments') && {
        assignments: {
          assignment_count: row.packages.length,
          assigned_packages: row.packages.map(({ package_id, since }) => ({
            package_id,
            assigned_date: new Date(`${since}Z`).toISOString(),
          })),
        },
      }),
    ...(include_snapshot && wanted('snapshot') && { snapshot_unavailable_reason: 'SNAPSHOT_UNSUPPORTED' }),
  }
}
