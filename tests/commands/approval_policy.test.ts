import fc from 'fast-check'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { dueBetween, nextLook, timesFrom } from '../../src/adcp/approval_times.ts'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { setApprovalPolicy } from '../../src/commands/set_approval_policy.ts'
import { enqueue } from '../../src/jobs.ts'
import { readApprovalPolicy } from '../../src/queries/approval_policy.ts'
import { readPublisherFile } from '../../src/seed/publisher_file.ts'
import { savePublisher } from '../../src/seed/save_publisher.ts'
import { examplePublisher } from '../../src/cli/seed.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { rowCounts } from '../support/row_counts.ts'
import { updates } from '../support/updates.ts'

const desk = testDesk()
let buyer: TestBuyer
let direct: TestBuyer
const { change, buy } = updates(desk, () => buyer)
const actor = { kind: 'operator', name: 'Dana' } as const

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  direct = await desk.buyer('acme_direct')
})
beforeEach(() => policy({}))

const policy = (policy: Args) => setApprovalPolicy(desk.db, { tenant_id: 'northwind', policy, actor })
const host_read = {
  product_id: 'trail_podcast_host_read',
  pricing_option_id: 'cpm_gbp_fixed',
  bid_price: undefined,
}
const own = { brand: { domain: 'acme-outdoor.example' }, operator: 'acme-outdoor.example' }

/** Whether anybody at the publisher must agree, and how many. */
async function people(item: Args, by = buyer): Promise<number> {
  const account = by === direct ? { account: own } : {}
  const { body, texts } = await by.call(
    'create_media_buy',
    aPurchase({ package: item, ...account }, desk.now),
  )
  if (body['status'] !== 'submitted') {
    expect(body['media_buy_id'], texts.join('\n')).toBeTypeOf('string')
    return 0
  }
  const { approvals_needed } = await desk.db
    .selectFrom('workflow_steps')
    .select('approvals_needed')
    .where('task_id', '=', String(body['task_id']))
    .executeTakeFirstOrThrow()
  return approvals_needed
}

describe('a buyer of a publisher with a policy', () => {
  test('buys at once under the amount for its currency, and waits for a person from there on', async () => {
    await policy({ limits: [{ currency: 'EUR', auto_approve_under: 5000 }] })
    expect(await people({ budget: 4999.99 })).toBe(0)
    expect(await people({ budget: 5000 })).toBe(1)
  })

  test('is held to the amounts of its own currency only, and else to the threshold', async () => {
    await policy({ limits: [{ currency: 'USD', auto_approve_under: 100, four_eyes_above: 200 }] })
    expect(await people({ budget: 49_000 })).toBe(0)
    expect(await people({ budget: 50_001 })).toBe(1)
  })

  test('buys at once where it is trusted, but not above four_eyes_above, where two people look', async () => {
    await policy({
      limits: [{ currency: 'EUR', auto_approve_under: 100, four_eyes_above: 60_000 }],
      trusted_principals: ['pinnacle'],
    })
    expect(await people({ budget: 60_000 })).toBe(0)
    expect(await people({ budget: 60_001 })).toBe(2)
    expect(await people({ budget: 4000 }, direct)).toBe(1)
  })

  test('waits for a product a person sells, unless the policy includes those', async () => {
    const limits = [{ currency: 'GBP', auto_approve_under: 100 }]
    await policy({ limits, trusted_principals: ['pinnacle'] })
    expect(await people({ ...host_read, budget: 20 })).toBe(1)
    await policy({ limits, includes_person_products: true })
    expect(await people({ ...host_read, budget: 20 })).toBe(0)
    expect(await people({ ...host_read, budget: 100 })).toBe(1)
  })

  test('is judged by the total a change leads to', async () => {
    await policy({ limits: [{ currency: 'EUR', auto_approve_under: 5000, four_eyes_above: 9000 }] })
    const needed = async (budget: number) => {
      const { media_buy_id, package_id } = await buy({ package: { budget: 4500 } })
      const { body } = await change(media_buy_id, { adcp_version: '3.1', packages: [{ package_id, budget }] })
      if (body['status'] !== 'submitted') return { people: 0 }
      const task_id = String(body['task_id'])
      const { approvals_needed: people } = await desk.db
        .selectFrom('workflow_steps')
        .select('approvals_needed')
        .where('task_id', '=', task_id)
        .executeTakeFirstOrThrow()
      return { people, task_id, media_buy_id, package_id }
    }
    expect((await needed(4999)).people).toBe(0)
    expect((await needed(9000)).people).toBe(1)
    const { people, task_id = '', media_buy_id = '', package_id } = await needed(9001)
    expect(people).toBe(2)
    const yes = { tenant_id: 'northwind', id: task_id, decision: 'approved', now: desk.now } as const
    const outcome = async (decided_by: string) => (await decideApproval(desk.db, { ...yes, decided_by })).type
    expect([await outcome('Kim'), await outcome('Lee')]).toEqual(['another_must_agree', 'recorded'])
    // up to what two people agreed to nobody is asked again
    for (const budget of [4600, 9000, 9001]) {
      const again = await change(media_buy_id, { adcp_version: '3.1', packages: [{ package_id, budget }] })
      expect(again.body['status'], String(budget)).toBe('completed')
    }
  })

  test('is told by when people mean to decide', async () => {
    await policy({ decide_within_hours: 24 })
    const { body } = await buyer.call(
      'create_media_buy',
      aPurchase({ package: { budget: 60_000 } }, desk.now),
    )
    expect(body['message']).toContain('They mean to decide by 2026-12-16T15:30Z.')
  })

  test('of the sandbox never needs two people, and no clock runs for it', async () => {
    await policy({ limits: [{ currency: 'EUR', four_eyes_above: 100 }], expire_after_hours: 1 })
    const sandbox = await desk.buyer('sandbox_agent')
    const account = { ...own, operator: 'pinnacle-agency.example', sandbox: true }
    const { body } = await sandbox.call('create_media_buy', aPurchase({ account }, desk.now))
    const step = await desk.db
      .selectFrom('workflow_steps')
      .select(['approvals_needed', 'clock_at', 'expire_at'])
      .where('task_id', '=', String(body['task_id']))
      .executeTakeFirstOrThrow()
    expect(step).toEqual({ approvals_needed: 1, clock_at: null, expire_at: null })
  })

  test('may be asked to wait for more money, and 3.1 says so beforehand', async () => {
    await desk.db.updateTable('tenants').set({ approval_threshold: null }).execute()
    const { media_buy_id } = await buy()
    const mode = async () => {
      const { body } = await buyer.call('get_media_buys', {
        media_buy_ids: [media_buy_id],
        adcp_version: '3.1',
      })
      const [found] = body['media_buys'] as { available_actions: { action: string; mode: string }[] }[]
      return found?.available_actions.find(({ action }) => action === 'increase_budget')?.mode
    }
    expect(await mode()).toBe('self_serve')
    await policy({ limits: [{ currency: 'EUR', four_eyes_above: 100_000 }] })
    expect(await mode()).toBe('conditional_self_serve')
    await desk.db.updateTable('tenants').set({ approval_threshold: 50_000 }).execute()
  })
})

describe('a publisher that sets its policy', () => {
  const whole = {
    limits: [
      { currency: 'EUR', auto_approve_under: 1000, four_eyes_above: 50_000.5 },
      { currency: 'USD', four_eyes_above: 60_000 },
    ],
    trusted_principals: ['acme_direct', 'pinnacle'],
    includes_person_products: true,
    review_creatives: 'untrusted' as const,
    decide_within_hours: 24,
    remind_after_hours: 4,
    escalate_after_hours: 8,
    expire_after_hours: 72,
    expire_reason: 'We could not decide in time.',
  }

  test('finds it as it was set, on record with what it was before, and setting it again is no news', async () => {
    expect(await policy({ ...whole, limits: whole.limits.toReversed() })).toEqual({
      type: 'set',
      changed: true,
    })
    expect(await readApprovalPolicy(desk.db, 'northwind')).toEqual(whole)
    const rows = await rowCounts(desk.db)
    expect(await policy(whole)).toEqual({ type: 'set', changed: false })
    expect(await rowCounts(desk.db)).toEqual(rows)
    const { detail, ...line } = await desk.db
      .selectFrom('audit_log')
      .select(['actor', 'action', 'subject_id', 'detail'])
      .orderBy('audit_id', 'desc')
      .executeTakeFirstOrThrow()
    expect(line).toEqual({ actor: 'Dana', action: 'set_approval_policy', subject_id: 'northwind' })
    expect(detail).toEqual({
      before: {
        limits: [],
        trusted_principals: [],
        includes_person_products: false,
        review_creatives: 'none',
      },
      after: whole,
    })
  })

  test.each<[what: string, wrong: Args, path: string]>([
    [
      'a currency nothing is sold in',
      { limits: [{ currency: 'JPY', four_eyes_above: 1 }] },
      'limits.0.currency',
    ],
    ['a buyer nobody knows', { trusted_principals: ['nobody'] }, 'trusted_principals.0'],
    ['a limit without an amount', { limits: [{ currency: 'EUR' }] }, 'limits.0'],
    [
      'a currency twice',
      { limits: [1, 2].map((four_eyes_above) => ({ currency: 'EUR', four_eyes_above })) },
      'limits',
    ],
    [
      'four eyes below what needs none',
      { limits: [{ currency: 'EUR', auto_approve_under: 10, four_eyes_above: 9 }] },
      'limits.0.four_eyes_above',
    ],
    [
      'fractions of a cent',
      { limits: [{ currency: 'EUR', four_eyes_above: 1.001 }] },
      'limits.0.four_eyes_above',
    ],
    ['a reminder after the end', { remind_after_hours: 5, expire_after_hours: 5 }, 'remind_after_hours'],
    ['a deadline after the end', { decide_within_hours: 6, expire_after_hours: 5 }, 'decide_within_hours'],
    ['a reason for what never happens', { expire_reason: 'Late.' }, 'expire_reason'],
    ['a word that is not known', { autoapprove: 5 }, ''],
  ])('is told what is wrong with %s, and nothing changes', async (_what, wrong, path) => {
    const before = await readApprovalPolicy(desk.db, 'northwind')
    const outcome = await policy(wrong)
    expect(outcome.type === 'refused' && outcome.problems.map((problem) => problem.path.join('.'))).toEqual([
      path,
    ])
    expect(await readApprovalPolicy(desk.db, 'northwind')).toEqual(before)
  })

  test('can do so in its file; a file that says nothing of it leaves it as people set it', async () => {
    const file = await readPublisherFile(examplePublisher)
    const saying = { ...file, tenant: { ...file.tenant, approval_policy: whole } }
    expect(await savePublisher(desk.db, saying)).toMatchObject({ changed: 1 })
    expect(await savePublisher(desk.db, saying)).toMatchObject({ changed: 0 })
    expect(await readApprovalPolicy(desk.db, 'northwind')).toEqual(whole)
    await savePublisher(desk.db, file)
    expect(await readApprovalPolicy(desk.db, 'northwind')).toEqual(whole)
  })
})

describe('an approval that waits', () => {
  const HOUR = 3_600_000
  const MINUTE = 60_000
  let asked: Date
  const hours = (count: number) => new Date(asked.getTime() + count * HOUR)

  /** What 60,001 EUR for a flight in two weeks came to wait as. */
  async function waiting(overrides: Args = {}) {
    desk.now = asked = new Date(desk.now.getTime() + 400 * HOUR)
    const item = { package: { budget: 60_001 } }
    const { body } = await buyer.call('create_media_buy', aPurchase({ ...item, ...overrides }, asked))
    const task_id = String(body['task_id'])
    const { workflow_step_id } = await desk.db
      .selectFrom('workflow_steps')
      .select('workflow_step_id')
      .where('task_id', '=', task_id)
      .executeTakeFirstOrThrow()
    return { task_id, workflow_step_id }
  }
  /** The clock looks at everything, as two workers at once. */
  async function look(at: Date) {
    desk.now = at
    const run = () => desk.db.transaction().execute((trx) => enqueue(trx, 'watch_approvals', {}))
    await Promise.all([run(), run()])
    await desk.runJobs()
  }
  const told = async (subject_id: string) => {
    const rows = await desk.db
      .selectFrom('notices')
      .select(['kind', 'occasion', 'detail'])
      .where('subject_id', '=', subject_id)
      .where('kind', '!=', 'approval_waiting')
      .orderBy('notice_id')
      .execute()
    return rows.map(({ kind, occasion }) =>
      occasion === '' ? kind : `${kind} ${(Date.parse(occasion) - asked.getTime()) / HOUR}`,
    )
  }
  const status = async (task_id: string) => (await buyer.call('tasks_get', { task_id })).body

  test('is called to mind, told to others and declined when its time is there, each once', async () => {
    await policy({
      decide_within_hours: 5,
      remind_after_hours: 2,
      escalate_after_hours: 3,
      expire_after_hours: 8,
      expire_reason: 'We were asleep.',
    })
    const { task_id, workflow_step_id } = await waiting()
    for (let at = asked.getTime(); at < hours(8).getTime(); at += 20 * MINUTE) await look(new Date(at))
    expect(await told(workflow_step_id)).toEqual([
      'approval_reminder 2',
      'approval_escalated 3',
      'approval_reminder 4',
      'approval_reminder 5',
      'approval_reminder 6',
    ])
    expect(await status(task_id)).toMatchObject({ status: 'submitted' })
    await look(hours(8))
    await look(hours(9))
    expect((await told(workflow_step_id)).slice(5)).toEqual(['approval_settled'])
    expect(await status(task_id)).toMatchObject({ status: 'rejected', message: 'We were asleep.' })
    const step = desk.db
      .selectFrom('workflow_steps')
      .innerJoin('audit_log', 'subject_id', 'workflow_step_id')
      .select(['decided_by', 'actor_kind', 'clock_at'])
      .where('workflow_step_id', '=', workflow_step_id)
    expect(await step.execute()).toEqual([{ decided_by: 'clock', actor_kind: 'clock', clock_at: null }])
  })

  test('is declined by a yes that comes after its time and before the clock looks, as the clock would', async () => {
    await policy({ expire_after_hours: 8, expire_reason: 'We were asleep.' })
    const { task_id, workflow_step_id } = await waiting()
    desk.now = new Date(hours(8).getTime() + 20_000)
    const yes = { tenant_id: 'northwind', id: task_id, decision: 'approved', decided_by: 'Kim' } as const
    const past = { type: 'already_decided', decided_by: 'clock', reason: 'We were asleep.' }
    expect(await decideApproval(desk.db, { ...yes, now: desk.now })).toMatchObject(past)
    expect(await decideApproval(desk.db, { ...yes, now: desk.now })).toMatchObject(past)
    await look(hours(9))
    expect(await told(workflow_step_id)).toEqual(['approval_settled'])
    expect(await status(task_id)).toMatchObject({ status: 'rejected', message: 'We were asleep.' })
  })

  test('that PostgreSQL itself lets nobody approve when its time is over', async () => {
    await policy({ expire_after_hours: 8 })
    const { workflow_step_id } = await waiting()
    const approve = (decided_at: Date) =>
      desk.db
        .updateTable('workflow_steps')
        .set({ status: 'completed', decided_by: 'Kim', decided_at })
        .where('workflow_step_id', '=', workflow_step_id)
        .execute()
    await expect(approve(hours(8))).rejects.toThrow('workflow_steps_approved_in_time')
    await approve(new Date(hours(8).getTime() - 1))
  })

  test('of which nobody was reminded while no worker ran is called to mind once', async () => {
    await policy({ remind_after_hours: 2, escalate_after_hours: 3 })
    const { workflow_step_id } = await waiting()
    await look(hours(9))
    expect(await told(workflow_step_id)).toEqual(['approval_reminder 8', 'approval_escalated 3'])
    await look(hours(10))
    expect((await told(workflow_step_id)).slice(2)).toEqual(['approval_reminder 10'])
  })

  test('keeps the times it was asked with, and is left in peace once somebody decided', async () => {
    await policy({ remind_after_hours: 2 })
    const { task_id, workflow_step_id } = await waiting()
    await policy({ expire_after_hours: 1 })
    await look(hours(2))
    const yes = { tenant_id: 'northwind', id: task_id, decision: 'approved', decided_by: 'Kim' } as const
    await decideApproval(desk.db, { ...yes, now: desk.now })
    await look(hours(6))
    expect(await told(workflow_step_id)).toEqual(['approval_reminder 2', 'approval_settled'])
    expect(await status(task_id)).toMatchObject({ status: 'completed' })
  })

  test('is declined when its flight was to begin, policy or not; one that begins as soon as possible is not', async () => {
    desk.now = new Date(desk.now.getTime() + 400 * HOUR)
    const start_time = new Date(desk.now.getTime() + 440 * HOUR).toISOString()
    const late = await waiting({ start_time })
    const asap = await waiting({ start_time: 'asap' })
    await look(new Date(Date.parse(start_time) - MINUTE))
    expect(await status(late.task_id)).toMatchObject({ status: 'submitted' })
    await look(new Date(start_time))
    expect(await status(late.task_id)).toMatchObject({
      status: 'rejected',
      message: 'Nobody at the publisher decided before the flight was to begin.',
    })
    expect(await status(asap.task_id)).toMatchObject({ status: 'submitted' })
  })

  test('reminds at the same moments however often and however irregularly the clock looks', () => {
    const whole = fc.integer({ min: 1, max: 20 })
    const some = fc.option(whole, { nil: null })
    const moments = fc.uniqueArray(fc.integer({ min: 1, max: 60 * 25 }), { maxLength: 40 })
    fc.assert(
      fc.property(some, some, some, some, moments, (decide, remind, escalate, expire, looks) => {
        const t0 = new Date(0)
        const times = timesFrom(t0, {
          decide_within_hours: decide,
          remind_after_hours: remind,
          escalate_after_hours: escalate,
          expire_after_hours: expire,
          expire_reason: null,
        })
        const done: string[] = []
        let next = nextLook(times, t0)
        for (const minute of [...looks.toSorted((a, b) => a - b), 60 * 25]) {
          const now = new Date(minute * MINUTE)
          if (next === null || next > now) continue
          const due = dueBetween(times, next, now)
          expect(due.length).toBeGreaterThan(0)
          for (const { kind, at } of due) {
            expect(at <= now).toBe(true)
            done.push(`${kind} ${at.toISOString()}`)
          }
          next = due.some(({ kind }) => kind === 'expiry')
            ? null
            : nextLook(times, new Date(now.getTime() + 1))
        }
        expect(new Set(done).size).toBe(done.length)
        expect(done.filter((one) => one.startsWith('expiry')).length).toBe(expire === null ? 0 : 1)
        if (expire === null) {
          expect(done.filter((one) => one.startsWith('escalation')).length).toBe(escalate === null ? 0 : 1)
          const reminded = done.some((one) => one.startsWith('reminder'))
          expect(reminded).toBe(decide !== null || remind !== null)
        }
      }),
      { numRuns: 500 },
    )
  })
})
