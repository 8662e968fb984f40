import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { askBuyer } from '../../src/commands/ask_buyer.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { turnApproval } from '../../src/commands/turn_approval.ts'
import { selectApprovalRequests } from '../../src/queries/approval_requests.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { noticesAbout } from '../support/notices.ts'
import { aChange, updates } from '../support/updates.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const receiver = webhookReceiver()
let buyer: TestBuyer
const { buy } = updates(desk, () => buyer)
const start = new Date('2026-12-15T15:30:00Z')
const hours = (count: number) => new Date(start.getTime() + count * 3_600_000)

beforeAll(async () => {
  desk.now = start
  buyer = await desk.buyer()
})

const person = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  budget: 20,
  bid_price: undefined,
}
let serial = 0
const fresh = (request: Args): Args => ({
  ...request,
  idempotency_key: `test-answer-${String(++serial).padStart(8, '0')}`,
})

/** A purchase that waits for a person. */
async function waiting(rest: Args = {}, by = buyer) {
  const request = aPurchase({ package: person, ...rest }, desk.now)
  const { body, texts } = await by.call('create_media_buy', request)
  expect(body['status'], texts.join('\n')).toBe('submitted')
  return { request, task_id: String(body['task_id']), tool: 'create_media_buy' }
}
/** A change that waits for a person. */
async function waitingChange(rest: Args = {}) {
  const { media_buy_id, package_id } = await buy()
  const request = aChange(media_buy_id, { packages: [{ package_id, budget: 60_000 }], ...rest })
  const { body } = await buyer.call('update_media_buy', request)
  return { request, task_id: String(body['task_id']), tool: 'update_media_buy', media_buy_id }
}
const ask = (id: string, question = 'Which episode?') =>
  askBuyer(desk.db, { tenant_id: 'northwind', id, question, asked_by: 'Kim', now: desk.now })
const decide = (id: string, decision: 'approved' | 'rejected') =>
  decideApproval(desk.db, { tenant_id: 'northwind', id, decision, decided_by: 'Kim', now: desk.now })
const task = async (task_id: string, args: Args = {}) =>
  (await buyer.call('tasks_get', { task_id, ...args })).body
async function asked(task_id: string, question?: string) {
  await ask(task_id, question)
  return String((await task(task_id))['context_id'])
}
const answer = (tool: string, request: Args, context_id: string, said: string | undefined, more: Args = {}) =>
  buyer.call(
    tool,
    fresh({
      ...request,
      context_id,
      ...(said !== undefined && { ext: { salesdesk: { answer: said } } }),
      ...more,
    }),
  )
const stepOf = (task_id: string) =>
  desk.db.selectFrom('workflow_steps').selectAll().where('task_id', '=', task_id).executeTakeFirstOrThrow()
async function requestOf(task_id: string) {
  const found = selectApprovalRequests(desk.db, 'northwind').where('step.task_id', '=', task_id)
  return found.executeTakeFirstOrThrow()
}
const buys = async () =>
  Number((await sql<{ n: string }>`select count(*) n from media_buys`.execute(desk.db)).rows[0]?.n)

describe('a buyer that is asked something', () => {
  test.each(['3.0', '3.1'])(
    'reads the question and how to answer, and answers (%s)',
    async (adcp_version) => {
      const { request, task_id } = await waiting({ adcp_version })
      expect(await ask(task_id)).toMatchObject({ type: 'asked', context_id: expect.stringMatching(/^ctx_/) })
      const open = await buyer.call('tasks_get', { task_id, adcp_version, include_result: true })
      expect(open.body).toMatchObject({
        status: 'input-required',
        context_id: expect.stringMatching(/^ctx_/),
      })
      expect(open.body).not.toHaveProperty('result')
      expect(open.texts[1]).toContain('The publisher asks: Which episode?')
      expect(open.texts[1]).toContain('Call create_media_buy again')
      const listed = await buyer.call('tasks_list', { filters: { status: 'input-required' } })
      expect(JSON.stringify(listed.body)).toContain(task_id)

      const before = await buys()
      const context_id = String(open.body['context_id'])
      const { body } = await answer('create_media_buy', request, context_id, 'The one on trails.')
      expect(body).toMatchObject({ status: 'submitted', task_id, replayed: false })
      expect(await buys()).toBe(before)
      const after = await task(task_id, { adcp_version })
      expect(after['status']).toBe('submitted')
      expect(after).not.toHaveProperty('context_id')
      expect((await requestOf(task_id)).questions).toMatchObject([
        { question: 'Which episode?', asked_by: 'Kim', answer: 'The one on trails.' },
      ])
      expect(await noticesAbout(desk.db, (await stepOf(task_id)).workflow_step_id)).toEqual([
        'approval_waiting',
        'approval_changed',
        'approval_answered',
      ])
      expect(await decide(task_id, 'approved')).toMatchObject({ type: 'recorded' })
      expect(await task(task_id, { adcp_version })).toMatchObject({ status: 'completed' })
    },
  )

  test.each(['3.0', '3.1'])('about a change answers with update_media_buy (%s)', async (adcp_version) => {
    const { request, task_id, media_buy_id } = await waitingChange({ adcp_version })
    const context_id = await asked(task_id, 'Why so much?')
    const elsewhere = await answer('create_media_buy', aPurchase({}, desk.now), context_id, 'Because.')
    expect(elsewhere.body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST' })
    expect(elsewhere.body.adcp_error?.suggestion).toContain('update_media_buy')
    const { body } = await answer('update_media_buy', request, context_id, 'It sells.')
    expect(body).toMatchObject(
      adcp_version === '3.1'
        ? { status: 'submitted', task_id }
        : { media_buy_id, implementation_date: null, task_id, revision: 1 },
    )
    expect(await decide(task_id, 'approved')).toEqual({ type: 'recorded', media_buy_id })
  })

  test('is told by webhook where it listens, and afterwards where its answer says', async () => {
    const push = (path: string) => ({
      push_notification_config: { url: receiver.url + path, operation_id: path.slice(1) },
    })
    const { request, task_id } = await waiting({ ...push('/first'), context: { a: 1 } })
    await ask(task_id)
    await desk.runJobs()
    const [told] = receiver.heard('/first').map(({ body }) => body)
    expect(told).toMatchObject({
      status: 'input-required',
      task_id,
      operation_id: 'first',
      context_id: expect.stringMatching(/^ctx_/),
      message: expect.stringContaining('Which episode?'),
      result: { reason: 'APPROVAL_REQUIRED' },
      context: { a: 1 },
    })
    await answer('create_media_buy', request, String(told?.['context_id']), 'Trails.', push('/second'))
    await decide(task_id, 'approved')
    await desk.runJobs()
    expect(receiver.heard('/second').map(({ body }) => [body['status'], body['operation_id']])).toEqual([
      ['completed', 'second'],
    ])
    expect(receiver.heard('/first')).toHaveLength(1)
  })

  test('is asked one thing at a time, by whoever comes first, and may be asked again', async () => {
    const { request, task_id } = await waiting()
    const both = await Promise.all([ask(task_id, 'One?'), ask(task_id, 'Two?')])
    expect(both.map(({ type }) => type).sort()).toEqual(['already_asked', 'asked'])
    const first = String((await task(task_id))['context_id'])
    await answer('create_media_buy', request, first, 'Yes.')
    const second = await asked(task_id, 'Really?')
    expect(second).not.toBe(first)
    await answer('create_media_buy', request, second, 'Yes!')
    expect((await requestOf(task_id)).questions.map(({ answer: said }) => said)).toEqual(['Yes.', 'Yes!'])
  })

  test('in the sandbox answers as everywhere else', async () => {
    const sandbox = await desk.buyer('sandbox_agent')
    const account = {
      brand: { domain: 'acme-outdoor.example' },
      operator: 'pinnacle-agency.example',
      sandbox: true,
    }
    const { request, task_id } = await waiting({ account }, sandbox)
    await ask(task_id)
    const { body: open } = await sandbox.call('tasks_get', { task_id })
    expect(open['status']).toBe('input-required')
    const said = { context_id: open['context_id'], ext: { salesdesk: { answer: 'Trails.' } } }
    const { body } = await sandbox.call('create_media_buy', fresh({ ...request, ...said }))
    expect(body).toMatchObject({ status: 'submitted', task_id })
  })
})

describe('an answer', () => {
  test('is taken once, however often it is sent', async () => {
    const { request, task_id } = await waiting()
    const context_id = await asked(task_id)
    const said = fresh({ ...request, context_id, ext: { salesdesk: { answer: 'Trails.' } } })
    const many = await Promise.all([1, 2, 3].map(() => buyer.call('create_media_buy', said)))
    expect(many.map(({ body }) => body['replayed']).sort()).toEqual([false, true, true])
    const other = await Promise.all(
      ['Ponds.', 'Rocks.'].map((text) => answer('create_media_buy', request, context_id, text)),
    )
    for (const { body } of other)
      expect(body.adcp_error).toMatchObject({ code: 'INVALID_STATE', field: 'context_id' })
    const conflict = await buyer.call('create_media_buy', {
      ...said,
      idempotency_key: request['idempotency_key'],
    })
    expect(conflict.body.adcp_error?.code).toBe('IDEMPOTENCY_CONFLICT')
    expect((await requestOf(task_id)).questions.map(({ answer: kept }) => kept)).toEqual(['Trails.'])
  })

  test('of two different ones at once the first counts, and the second is told', async () => {
    const { request, task_id } = await waiting()
    const context_id = await asked(task_id)
    const both = await Promise.all(
      ['Ponds.', 'Rocks.'].map((text) => answer('create_media_buy', request, context_id, text)),
    )
    expect(both.map(({ isError }) => isError).sort()).toEqual([false, true])
    expect(both.flatMap(({ body }) => body.adcp_error?.message ?? [])).toEqual([
      'This question was answered before.',
    ])
  })

  test('that is missing, empty or goes nowhere buys nothing and is told what to do', async () => {
    const { request, task_id } = await waiting()
    const context_id = await asked(task_id)
    const before = await buys()
    for (const said of [undefined, '', '  ']) {
      const { body, texts } = await answer('create_media_buy', request, context_id, said)
      expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'ext.salesdesk.answer' })
      expect(texts.join()).toContain('Which episode?')
    }
    const nowhere = await answer('create_media_buy', request, 'ctx_of_somebody_else', 'Trails.')
    expect(nowhere.body.adcp_error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', field: 'context_id' })
    const unnamed = await buyer.call(
      'create_media_buy',
      fresh({ ...request, ext: { salesdesk: { answer: 'Trails.' } } }),
    )
    expect(unnamed.body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'context_id' })
    const other = await desk.buyer('acme_direct')
    const stranger = await other.call(
      'create_media_buy',
      fresh({ ...request, context_id, ext: { salesdesk: { answer: 'Hm.' } } }),
    )
    expect(stranger.body.adcp_error?.code).toBe('REFERENCE_NOT_FOUND')
    expect(await buys()).toBe(before)
    expect(await task(task_id)).toMatchObject({ status: 'input-required' })
  })

  test('changes nothing about the request, and may leave out what may be left out', async () => {
    const { request, task_id } = await waiting()
    const context_id = await asked(task_id)
    const packages = [{ ...(request['packages'] as Args[])[0], budget: 10 }]
    const { body } = await answer('create_media_buy', request, context_id, 'Less.', { packages })
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_REQUEST', field: 'packages' })
    const { packages: _left_out, ...rest } = request
    const short = await answer('create_media_buy', rest, context_id, 'Less, please.')
    expect(short.body).toMatchObject({ status: 'submitted', task_id })
  })

  test('comes too late when a person has decided all the same', async () => {
    for (const [decision, status] of [
      ['approved', 'completed'],
      ['rejected', 'rejected'],
    ] as const) {
      const { request, task_id } = await waiting()
      const context_id = await asked(task_id)
      expect(await decide(task_id, decision)).toMatchObject({ type: 'recorded' })
      expect(await ask(task_id)).toMatchObject({ type: 'already_decided', decided_by: 'Kim' })
      const { body } = await answer('create_media_buy', request, context_id, 'Trails.')
      expect(body.adcp_error).toMatchObject({ code: 'INVALID_STATE', field: 'context_id' })
      const after = await task(task_id)
      expect(after['status']).toBe(status)
      expect(after).not.toHaveProperty('context_id')
    }
  })

  test('and a decision at once: the decision stands, whatever became of the answer', async () => {
    for (let round = 0; round < 4; round += 1) {
      const { request, task_id } = await waiting()
      const context_id = await asked(task_id)
      const [, decision] = await Promise.all([
        answer('create_media_buy', request, context_id, 'Trails.'),
        decide(task_id, 'approved'),
      ])
      expect(decision).toMatchObject({ type: 'recorded' })
      expect(await task(task_id)).toMatchObject({ status: 'completed' })
    }
  })

  test('is not waited for any more when the media buy is canceled', async () => {
    const { request, task_id, media_buy_id } = await waitingChange()
    const context_id = await asked(task_id)
    await buyer.call('update_media_buy', aChange(media_buy_id, { canceled: true }))
    expect(await task(task_id)).toMatchObject({ status: 'canceled' })
    const { body } = await answer('update_media_buy', request, context_id, 'Never mind.')
    expect(body.adcp_error).toMatchObject({ code: 'INVALID_STATE' })
  })
})

describe('the clock of a request whose buyer is asked something', () => {
  const policy = {
    decide_within_hours: 10,
    remind_after_hours: 4,
    escalate_after_hours: 8,
    expire_after_hours: 30,
  }
  const set = (wanted: Args) =>
    setApprovalPolicy(desk.db, {
      tenant_id: 'northwind',
      policy: wanted,
      actor: { kind: 'operator', name: 'Dana' },
    })
  const at = async (count: number, task_id: string) => {
    desk.now = hours(count)
    return turnApproval(desk.db, (await stepOf(task_id)).workflow_step_id, desk.now)
  }

  test('stands still for the people and gives back what was left to them, once it has answered', async () => {
    await set(policy)
    desk.now = start
    const { request, task_id } = await waiting()
    expect(await at(4, task_id)).toEqual(['reminder'])
    desk.now = hours(6)
    const context_id = await asked(task_id)
    for (const count of [8, 10, 12]) expect(await at(count, task_id)).toEqual([])
    desk.now = hours(13)
    await answer('create_media_buy', request, context_id, 'Trails.')
    // seven hours later than it would have been
    expect(await stepOf(task_id)).toMatchObject({
      deadline: hours(17),
      escalate_at: hours(15),
      expire_at: hours(30),
      clock_at: hours(15),
    })
    expect(await at(15, task_id)).toEqual(['reminder', 'escalation'])
    expect(await at(17, task_id)).toEqual(['reminder'])
    await decide(task_id, 'approved')
  })

  test('still ends it: nothing is held for a buyer that never answers', async () => {
    await set(policy)
    desk.now = start
    const { request, task_id } = await waiting()
    desk.now = hours(6)
    const context_id = await asked(task_id)
    expect(await at(29.9, task_id)).toEqual([])
    desk.now = hours(30)
    await sql`select graphile_worker.add_job('watch_approvals')`.execute(desk.db)
    await desk.runJobs()
    expect(await task(task_id)).toMatchObject({ status: 'rejected' })
    const { body } = await answer('create_media_buy', request, context_id, 'Here I am.')
    expect(body.adcp_error?.code).toBe('INVALID_STATE')
  })

  test('never puts the deadline after the end', async () => {
    await set(policy)
    desk.now = start
    const { request, task_id } = await waiting()
    desk.now = hours(1)
    const context_id = await asked(task_id)
    desk.now = hours(29)
    await answer('create_media_buy', request, context_id, 'Sorry!')
    expect(await stepOf(task_id)).toMatchObject({ deadline: hours(30), expire_at: hours(30) })
    await set({})
    desk.now = start
  })
})

test('PostgreSQL itself holds a request to its question, whatever writes', async () => {
  const { task_id } = await waiting()
  const set = (status: string) =>
    desk.db
      .updateTable('workflow_steps')
      .set({ status: status as never })
      .where('task_id', '=', task_id)
      .execute()
  await expect(set('input_required')).rejects.toThrow('no question to answer')
  await ask(task_id)
  await expect(set('requires_approval')).rejects.toThrow('a question to answer')
  const { workflow_step_id } = await stepOf(task_id)
  const another = desk.db.insertInto('approval_questions').values({
    context_id: 'ctx_another',
    tenant_id: 'northwind',
    workflow_step_id,
    question: 'And?',
    asked_by: 'Lee',
    asked_at: desk.now,
  })
  await expect(another.execute()).rejects.toThrow('approval_questions_one_open')
})
