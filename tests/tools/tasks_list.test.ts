import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const days = [10, 11, 12, 13].map((day) => new Date(`2026-12-${day}T15:30:00Z`))
const decided = new Date('2026-12-20T09:00:00Z')
let buyer: TestBuyer
let ids: string[]
let mediaBuyId: string

beforeAll(async () => {
  buyer = await desk.buyer()
  ids = []
  for (const [i, now] of days.entries()) {
    desk.now = now
    const context = { campaign: `spring-${i}` }
    const account = i === 0 ? { account_id: 'acc_lumen_pinnacle' } : { account_id: 'acc_acme_pinnacle' }
    const args = aPurchase({ account, package: { budget: 60_000 }, context }, now)
    ids.push(String((await buyer.call('create_media_buy', args)).body['task_id']))
  }
  const decide = (id: string, decision: 'approved' | 'rejected') =>
    decideApproval(desk.db, {
      tenant_id: 'northwind',
      id,
      decision,
      decided_by: 'Kim',
      now: decided,
      reason: 'Because.',
    })
  await decide(ids[0] ?? '', 'approved')
  await decide(ids[1] ?? '', 'rejected')
  const { result } = (await buyer.call('tasks_get', { task_id: ids[0] })).body
  mediaBuyId = (result as { media_buy_id: string }).media_buy_id
})
const list = async (args: Args = {}, as = buyer, name = 'tasks_list') => (await as.call(name, args)).body
const which = async (args: Args, as = buyer) =>
  ((await list(args, as))['tasks'] as { task_id: string }[]).map(({ task_id }) => ids.indexOf(task_id))

test('a buyer sees its tasks newest first, with how many there are of each status', async () => {
  const body = await list()
  expect(body).toMatchObject({
    status: 'completed',
    query_summary: {
      total_matching: 4,
      returned: 4,
      domain_breakdown: { 'media-buy': 4 },
      status_breakdown: { submitted: 2, completed: 1, rejected: 1 },
      filters_applied: [],
      sort_applied: { field: 'created_at', direction: 'desc' },
    },
    pagination: { has_more: false, total_count: 4 },
  })
  expect((body['tasks'] as unknown[]).at(-1)).toEqual({
    task_id: ids[0],
    task_type: 'create_media_buy',
    domain: 'media-buy',
    protocol: 'media-buy',
    status: 'completed',
    created_at: days[0]?.toISOString(),
    updated_at: decided.toISOString(),
    completed_at: decided.toISOString(),
    has_webhook: false,
  })
  expect(await which({})).toEqual([3, 2, 1, 0])
})

describe('a buyer can ask for', () => {
  test.each<[string, Args, number[]]>([
    ['one status', { status: 'submitted' }, [3, 2]],
    ['several statuses', { statuses: ['completed', 'rejected', 'input-required'] }, [1, 0]],
    ['a status none has', { status: 'working' }, []],
    ['one protocol', { protocol: 'media-buy' }, [3, 2, 1, 0]],
    ['protocols we have no task of', { protocols: ['signals', 'governance'] }, []],
    ['one tool', { task_type: 'create_media_buy' }, [3, 2, 1, 0]],
    ['tools that make no tasks', { task_types: ['update_media_buy'] }, []],
    [
      'a time of creation',
      { created_after: '2026-12-11T00:00:00Z', created_before: '2026-12-13T00:00:00Z' },
      [2, 1],
    ],
    ['a time of change', { updated_after: '2026-12-15T00:00:00+01:00' }, [1, 0]],
    ['nothing that changed since', { updated_before: '2026-12-15T00:00:00Z' }, [3, 2]],
    ['its own context', { context_contains: 'spring-2' }, [2]],
    ['tasks with webhooks, which none has', { has_webhook: true }, []],
  ])('%s', async (_what, filters, expected) => {
    expect(await which({ filters })).toEqual(expected)
    expect((await list({ filters }))['query_summary']).toMatchObject({
      total_matching: expected.length,
      filters_applied: Object.keys(filters).sort(),
    })
  })

  test('certain tasks, a media buy, or an account', async () => {
    expect(await which({ filters: { task_ids: [ids[2], 'task_nobody'] } })).toEqual([2])
    expect(await which({ filters: { context_contains: mediaBuyId } })).toEqual([0])
    expect(await which({ account: { account_id: 'acc_lumen_pinnacle' } })).toEqual([0])
  })
})

test.each([
  ['created_at', 'asc', [0, 1, 2, 3]],
  ['updated_at', 'asc', [2, 3]],
  ['status', 'asc', [0, 1]],
  ['task_type', 'desc', []],
  ['protocol', 'asc', []],
] as const)('sorted by %s and read page by page, each task comes once', async (field, direction, begins) => {
  const seen: number[] = []
  let cursor: string | undefined
  do {
    const args = { sort: { field, direction }, pagination: { max_results: 1, ...(cursor && { cursor }) } }
    const body = await list(args)
    expect(body['pagination']).toMatchObject({ total_count: 4 })
    seen.push(...(body['tasks'] as { task_id: string }[]).map(({ task_id }) => ids.indexOf(task_id)))
    cursor = (body['pagination'] as { cursor?: string }).cursor
  } while (cursor)
  expect([...seen].sort()).toEqual([0, 1, 2, 3])
  if (field === 'status') expect(new Set([seen[0], seen[1]])).toEqual(new Set([0, 1]))
  else expect(seen.slice(0, begins.length)).toEqual(begins)
})

test.each(['tasks/list', 'list_tasks'])('it answers to the name %s too', async (name) => {
  expect(await list({}, buyer, name)).toEqual(await list())
})

test('a stranger sees none of it, not even by id', async () => {
  const stranger = await desk.buyer('acme_direct')
  const theirs = await list({ filters: { task_ids: [ids[2]] } }, stranger)
  expect(theirs['tasks']).toEqual([])
  expect(theirs).toEqual(await list({ filters: { task_ids: ['task_nobody'] } }, stranger))
})

test('a filter nobody knows is let pass, and not said to be applied', async () => {
  const body = await list({ filters: { x_mood: 'good', status: 'completed' } })
  expect(body['query_summary']).toMatchObject({ total_matching: 1, filters_applied: ['status'] })
})

test('a task type that AdCP does not know is refused', async () => {
  expect((await list({ filters: { task_type: 'buy_everything' } }))['adcp_error']).toMatchObject({
    code: 'INVALID_REQUEST',
    field: 'filters.task_type',
  })
})
