import { sql } from 'kysely'
import { readCursor } from '../adcp/cursor.ts'
import { andMore, pageOf } from '../adcp/page.ts'
import { taskStatus } from '../adcp/task_status.ts'
import type { ReadDb } from '../db/database.ts'
import { readTool, type Output, type Principal } from './define-tool.ts'
import { filtersOf, request as input, type Request } from './tasks_list/request.ts'
import { hasWebhook } from '../queries/webhooks.ts'
import { selectTasks, sortKeys } from './tasks_list/select.ts'

export const tasksList = readTool({
  name: 'tasks_list',
  aliases: ['tasks/list', 'list_tasks'],
  title: 'See all submitted purchases',
  description:
    'Your tasks: everything that was answered with status "submitted", and what became of it. Use tasks_get for the result of one. Example: {"filters": {"status": "submitted"}}',
  input,
  summary,
  async handle(request, { db, principal }) {
    const { pagination: page, ...query } = request
    const sort = {
      field: request.sort?.field ?? 'created_at',
      direction: request.sort?.direction ?? 'desc',
    } as const
    const limit = page?.max_results ?? 50
    const [position, id] = page?.cursor ? readCursor(page.cursor, query) : []
    const { key, type } = sortKeys[sort.field]
    const further = sql.raw(sort.direction === 'asc' ? '>' : '<')
    const rows = await selectTasks(db, principal, request)
      .select(['step.task_id', 'step.task_type', 'step.status', 'step.created_at', 'step.updated_at'])
      .select(['step.decided_at', sql<string>`(${key})::text`.as('position'), hasWebhook.as('has_webhook')])
      .$if(position !== undefined, (q) =>
        q.where(sql<boolean>`(${key}, step.task_id) ${further} (${position}::${type}, ${id})`),
      )
      .orderBy(key, sort.direction)
      .orderBy('step.task_id', sort.direction)
      .limit(limit + 1)
      .execute()
    const { items, pagination } = pageOf(rows, {
      limit,
      query,
      toItem: toTask,
      position: ({ position, task_id }) => [position, String(task_id)],
    })
    const counts = await countByStatus(db, principal, request)
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
    const counted = total <= MOST_COUNTED
    return {
      query_summary: {
        ...(counted && { total_matching: total }),
        returned: items.length,
        ...(counted && { domain_breakdown: { 'media-buy': total }, status_breakdown: counts }),
        filters_applied: filtersOf(request.filters),
        sort_applied: sort,
      },
      tasks: items,
      pagination: { ...pagination, ...(counted && { total_count: total }) },
    }
  },
})

/** How many there are is optional in AdCP, and exact where it is told; of more than these an answer does not tell it. */
const MOST_COUNTED = 1000

interface Row {
  task_id: string | null
  task_type: string | null
  status: keyof typeof taskStatus
  created_at: Date
  updated_at: Date
  decided_at: Date | null
  position: string
  has_webhook: boolean
}

const toTask = (row: Row): Output => ({
  task_id: row.task_id,
  task_type: row.task_type,
  domain: 'media-buy',
  protocol: 'media-buy',
  status: taskStatus[row.status],
  created_at: row.created_at.toISOString(),
  updated_at: row.updated_at.toISOString(),
  ...(row.decided_at && { completed_at: row.decided_at.toISOString() }),
  has_webhook: row.has_webhook,
})

/** Of one more than are told at most. */
async function countByStatus(db: ReadDb, principal: Principal, request: Request) {
  const first = selectTasks(db, principal, request)
    .select('step.status')
    .limit(MOST_COUNTED + 1)
  const rows = await db
    .selectFrom(first.as('task'))
    .select(['status', sql<number>`count(*)::int`.as('count')])
    .groupBy('status')
    .execute()
  const counts: Record<string, number> = {}
  for (const { status, count } of rows) counts[taskStatus[status]] = (counts[taskStatus[status]] ?? 0) + count
  return counts
}

function summary(output: Output): string {
  const tasks = output['tasks'] as { task_id: string; task_type: string; status: string }[]
  if (tasks.length === 0) return 'No tasks match.'
  const lines = tasks.map(({ task_id, task_type, status }) => `${task_id}: ${task_type}, ${status}`)
  return [...lines, ...andMore(output)].join('\n')
}
