import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval, type Decision } from '../../src/commands/decide_approval.ts'
import { selectWaitingApprovals } from '../../src/queries/approvals.ts'
import { noticesAbout } from '../support/notices.ts'
import { rowCounts } from '../support/row_counts.ts'
import { aPurchase, testDesk, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const asked = new Date('2026-12-15T15:30:00Z')
const now = new Date('2026-12-15T17:00:00Z')
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = asked
  buyer = await desk.buyer()
})

/** A purchase that waits, with all three names it can be decided by. */
async function waiting() {
  const item = {
    product_id: 'trail_podcast_host_read',
    pricing_option_id: 'cpm_gbp_fixed',
    budget: 20,
    bid_price: undefined,
  }
  const { body } = await buyer.call('create_media_buy', aPurchase({ package: item }, asked))
  return desk.db
    .selectFrom('workflow_steps')
    .select(['workflow_step_id', 'task_id', 'media_buy_id'])
    .where('task_id', '=', String(body['task_id']))
    .executeTakeFirstOrThrow()
}
const decide = (id: string | null, decision: Decision['decision'], decided_by = 'Kim', reason?: string) =>
  decideApproval(desk.db, {
    tenant_id: 'northwind',
    id: id ?? '',
    decision,
    decided_by,
    now,
    ...(reason && { reason }),
  })

async function stateOf(media_buy_id: string) {
  const one = <T>(rows: T[]) => rows[0]
  const [buys, steps, events, audit, held, fulfilments] = await Promise.all([
    desk.db
      .selectFrom('media_buys')
      .select(['status', 'revision', 'rejection_reason', 'confirmed_at'])
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
    desk.db
      .selectFrom('workflow_steps')
      .select(['status', 'decided_by', 'decided_at', 'reason'])
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
    desk.db
      .selectFrom('media_buy_events')
      .select(['action', 'actor_kind', 'actor', 'revision', 'from_status', 'to_status', 'detail'])
      .where('media_buy_id', '=', media_buy_id)
      .orderBy('event_id')
      .execute(),
    desk.db
      .selectFrom('audit_log')
      .innerJoin('workflow_steps', 'workflow_step_id', 'subject_id')
      .select(['action', 'actor', 'actor_kind', 'detail'])
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
    desk.db
      .selectFrom('reservations')
      .innerJoin('media_packages', 'media_packages.package_id', 'reservations.package_id')
      .select('released_at')
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
    desk.db
      .selectFrom('fulfilments')
      .select(['connection_id', 'state', 'desired_revision'])
      .where('media_buy_id', '=', media_buy_id)
      .execute(),
  ])
  return {
    buy: one(buys),
    step: one(steps),
    events: events.slice(1),
    audit,
    held: new Set(held.map(({ released_at }) => released_at?.toISOString())),
    fulfilments,
  }
}
const jobs = async () => (await rowCounts(desk.db))['graphile_worker._private_jobs'] ?? 0

describe('an approver who says yes', () => {
  test('accepts the buy, which is on record and on its way to the ad server', async () => {
    const { media_buy_id, task_id } = await waiting()
    const before = await jobs()
    expect(await decide(task_id, 'approved', 'Kim', 'Good client.')).toEqual({
      type: 'recorded',
      media_buy_id,
    })
    expect(await stateOf(media_buy_id)).toEqual({
      buy: { status: 'pending_creatives', revision: 2, rejection_reason: null, confirmed_at: now },
      step: { status: 'completed', decided_by: 'Kim', decided_at: now, reason: 'Good client.' },
      events: [
        {
          action: 'approved',
          actor_kind: 'approver',
          actor: 'Kim',
          revision: 2,
          from_status: 'pending_approval',
          to_status: 'pending_creatives',
          detail: {},
        },
      ],
      audit: [
        {
          action: 'approve',
          actor: 'Kim',
          actor_kind: 'approver',
          detail: { media_buy_id, reason: 'Good client.' },
        },
      ],
      held: new Set([undefined]),
      fulfilments: [{ connection_id: 'house', state: 'placing', desired_revision: 2 }],
    })
    expect(await jobs()).toBe(before + 1)
  })
})

describe('an approver who says no', () => {
  test('ends the buy, gives back what it held and sends nothing to the ad server', async () => {
    const { media_buy_id, task_id } = await waiting()
    const before = await jobs()
    expect(await decide(task_id, 'rejected', 'Kim', 'Sold out.')).toEqual({ type: 'recorded', media_buy_id })
    expect(await stateOf(media_buy_id)).toEqual({
      buy: { status: 'rejected', revision: 2, rejection_reason: 'Sold out.', confirmed_at: null },
      step: { status: 'rejected', decided_by: 'Kim', decided_at: now, reason: 'Sold out.' },
      events: [
        {
          action: 'rejected',
          actor_kind: 'approver',
          actor: 'Kim',
          revision: 2,
          from_status: 'pending_approval',
          to_status: 'rejected',
          detail: { reason: 'Sold out.' },
        },
      ],
      audit: [
        {
          action: 'reject',
          actor: 'Kim',
          actor_kind: 'approver',
          detail: { media_buy_id, reason: 'Sold out.' },
        },
      ],
      held: new Set([now.toISOString()]),
      fulfilments: [],
    })
    expect(await jobs()).toBe(before)
  })

  test('need not say why', async () => {
    const { media_buy_id, task_id } = await waiting()
    await decide(task_id, 'rejected')
    expect((await stateOf(media_buy_id)).buy?.rejection_reason).toBe('The publisher declined this purchase.')
  })
})

describe('a decision', () => {
  test.each(['workflow_step_id', 'task_id', 'media_buy_id'] as const)('can be made by %s', async (name) => {
    const purchase = await waiting()
    expect(await decide(purchase[name], 'approved')).toEqual({
      type: 'recorded',
      media_buy_id: purchase.media_buy_id,
    })
  })

  test('on what does not exist changes nothing', async () => {
    const before = await rowCounts(desk.db)
    for (const id of ['', 'wf_nobody', "' or true --", '%'])
      expect(await decide(id, 'approved')).toEqual({ type: 'not_found' })
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test.each([
    ['approved', 'rejected', 'completed'],
    ['approved', 'approved', 'completed'],
    ['rejected', 'approved', 'rejected'],
  ] as const)('that was %s stays so when somebody has it %s', async (first, second, status) => {
    const { media_buy_id, task_id, workflow_step_id } = await waiting()
    await decide(task_id, first, 'Kim', 'Because.')
    const after = await stateOf(media_buy_id)
    const rows = await rowCounts(desk.db)
    for (const id of [task_id, workflow_step_id, media_buy_id])
      expect(await decide(id, second, 'Lee', 'Late.')).toEqual({
        type: 'already_decided',
        media_buy_id,
        status,
        decided_by: 'Kim',
        reason: 'Because.',
      })
    expect(await stateOf(media_buy_id)).toEqual(after)
    expect(await rowCounts(desk.db)).toEqual(rows)
  })

  test('by twenty people at once is the decision of one, and the others are told whose', async () => {
    const { media_buy_id, task_id, workflow_step_id } = await waiting()
    expect(await noticesAbout(desk.db, workflow_step_id)).toEqual(['approval_waiting'])
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => decide(task_id, i % 2 ? 'approved' : 'rejected', `Person ${i}`)),
    )
    expect(outcomes.filter(({ type }) => type === 'recorded')).toHaveLength(1)
    const winner = `Person ${outcomes.findIndex(({ type }) => type === 'recorded')}`
    for (const outcome of outcomes)
      if (outcome.type !== 'recorded')
        expect(outcome).toMatchObject({ type: 'already_decided', decided_by: winner })
    const { step, events, audit, buy, fulfilments } = await stateOf(media_buy_id)
    expect(step?.decided_by).toBe(winner)
    expect([events.length, audit.length, buy?.revision]).toEqual([1, 1, 2])
    expect(fulfilments).toHaveLength(buy?.status === 'rejected' ? 0 : 1)
    expect(await noticesAbout(desk.db, workflow_step_id)).toEqual(['approval_waiting', 'approval_settled'])
  })

  test('is not for another publisher, who learns nothing and changes nothing', async () => {
    const { task_id, media_buy_id, workflow_step_id } = await waiting()
    const before = await stateOf(media_buy_id)
    for (const id of [task_id, media_buy_id, workflow_step_id]) {
      const theirs = { tenant_id: 'southwind', id: String(id), decided_by: 'Kim', now }
      expect(await decideApproval(desk.db, { ...theirs, decision: 'approved' })).toEqual({
        type: 'not_found',
      })
    }
    expect(await selectWaitingApprovals(desk.db, 'southwind').execute()).toEqual([])
    expect(await stateOf(media_buy_id)).toEqual(before)
    await decide(task_id, 'rejected')
  })

  test('leaves the list of what waits', async () => {
    const [first, second] = [await waiting(), await waiting()]
    const list = async () =>
      (await selectWaitingApprovals(desk.db, 'northwind').execute()).map(({ media_buy_id }) => media_buy_id)
    expect(await list()).toEqual([first.media_buy_id, second.media_buy_id])
    await decide(first.task_id, 'rejected')
    expect(await list()).toEqual([second.media_buy_id])
  })
})

describe('an approval that comes too late', () => {
  test('is refused to the approver once the flight is over, and the purchase can still be rejected', async () => {
    const { task_id, media_buy_id } = await waiting()
    const { end_time } = await desk.db
      .selectFrom('media_buys')
      .select('end_time')
      .where('media_buy_id', '=', media_buy_id)
      .executeTakeFirstOrThrow()
    const before = await rowCounts(desk.db)
    const late = { tenant_id: 'northwind', id: String(task_id), decided_by: 'Kim', now: end_time }
    expect(await decideApproval(desk.db, { ...late, decision: 'approved' })).toEqual({
      type: 'too_late',
      media_buy_id,
      end_time,
    })
    expect(await rowCounts(desk.db)).toEqual(before)
    expect(await decideApproval(desk.db, { ...late, decision: 'rejected' })).toMatchObject({
      type: 'recorded',
    })
  })
})

describe('a purchase two people must agree to', () => {
  const needsTwo = async () => {
    const purchase = await waiting()
    await desk.db
      .updateTable('workflow_steps')
      .set({ approvals_needed: 2 })
      .where('workflow_step_id', '=', purchase.workflow_step_id)
      .execute()
    return purchase
  }
  const agreed = (media_buy_id: string, name: string, again = false) => ({
    type: 'another_must_agree',
    media_buy_id,
    agreed: [name],
    again,
  })

  test('waits on after the first yes, and is approved by the second person', async () => {
    const { media_buy_id, task_id } = await needsTwo()
    expect(await decide(task_id, 'approved', 'Kim', 'Fine.')).toEqual(agreed(media_buy_id, 'Kim'))
    expect(await stateOf(media_buy_id)).toMatchObject({
      buy: { status: 'pending_approval', revision: 1 },
      step: { status: 'requires_approval', decided_by: null },
      events: [],
      audit: [{ action: 'approve', actor: 'Kim', detail: { reason: 'Fine.', still_needed: 1 } }],
      fulfilments: [],
    })
    expect(await decide(task_id, 'approved', 'Lee')).toEqual({ type: 'recorded', media_buy_id })
    expect(await stateOf(media_buy_id)).toMatchObject({
      buy: { status: 'pending_creatives' },
      step: { status: 'completed', decided_by: 'Kim and Lee' },
    })
  })

  test('is not approved by one person saying yes again and again', async () => {
    const { media_buy_id, task_id } = await needsTwo()
    await decide(task_id, 'approved', 'Kim')
    const rows = await rowCounts(desk.db)
    for (const name of ['Kim', 'KIM', 'kim'])
      expect(await decide(task_id, 'approved', name)).toEqual(agreed(media_buy_id, name, true))
    expect(await rowCounts(desk.db)).toEqual(rows)
  })

  test('is declined by anybody, also by who agreed before', async () => {
    for (const name of ['Kim', 'Lee']) {
      const { media_buy_id, task_id } = await needsTwo()
      await decide(task_id, 'approved', 'Kim')
      expect(await decide(task_id, 'rejected', name, 'No.')).toEqual({ type: 'recorded', media_buy_id })
      expect((await stateOf(media_buy_id)).step).toMatchObject({ status: 'rejected', decided_by: name })
    }
  })

  test('takes one yes of each of twenty people who say it at once, and the first two are enough', async () => {
    const { media_buy_id, task_id } = await needsTwo()
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, i) => decide(task_id, 'approved', `Person ${i % 10}`)),
    )
    expect(outcomes.filter(({ type }) => type === 'recorded')).toHaveLength(1)
    expect((await stateOf(media_buy_id)).fulfilments).toHaveLength(1)
    const given = await desk.db
      .selectFrom('approvals_given')
      .innerJoin('workflow_steps', 'workflow_steps.workflow_step_id', 'approvals_given.workflow_step_id')
      .select('name')
      .where('media_buy_id', '=', media_buy_id)
      .execute()
    expect(new Set(given.map(({ name }) => name)).size).toBe(2)
  })

  test('knows a user of the desk by name too, so that two doors do not make two people of one', async () => {
    await desk.db
      .insertInto('users')
      .values([
        { user_id: 'usr_kim', email: 'kim@northwind.example', name: 'Kim Doe' },
        { user_id: 'usr_other', email: 'kim2@northwind.example', name: 'Kim Doe' },
      ])
      .execute()
    await desk.db
      .insertInto('memberships')
      .values([
        { tenant_id: 'northwind', user_id: 'usr_other', role: 'admin' },
        { tenant_id: 'northwind', user_id: 'usr_kim', role: 'approver' },
      ])
      .execute()
    const { media_buy_id, task_id } = await needsTwo()
    const by = (decided_by: string, user_id?: string) =>
      decideApproval(desk.db, {
        tenant_id: 'northwind',
        id: task_id ?? '',
        decision: 'approved',
        decided_by,
        ...(user_id !== undefined && { user_id }),
        now,
      })
    expect(await by('Kim Doe', 'usr_kim')).toEqual(agreed(media_buy_id, 'Kim Doe'))
    for (const name of ['Kim Doe', 'kim@northwind.example'])
      expect(await by(name)).toEqual(agreed(media_buy_id, name, true))
    expect(await by('Kim Doe', 'usr_other')).toEqual({ type: 'recorded', media_buy_id })
    const { rows } = await desk.pool.query<{ user_id: string }>(
      `select user_id from audit_log where action = 'approve' and user_id is not null order by audit_id`,
    )
    expect(rows.map(({ user_id }) => user_id)).toEqual(['usr_kim', 'usr_other'])
  })

  test('is not completed by anything else either: PostgreSQL counts', async () => {
    const { workflow_step_id } = await needsTwo()
    const complete = desk.pool.query(
      `update workflow_steps set status = 'completed', decided_by = 'Kim', decided_at = now() where workflow_step_id = $1`,
      [workflow_step_id],
    )
    await expect(complete).rejects.toThrow('needs 2 people to agree')
  })
})
