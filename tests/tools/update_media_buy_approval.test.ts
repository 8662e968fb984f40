import { sql } from 'kysely'
import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval, type Decision } from '../../src/commands/decide_approval.ts'
import { selectWaitingApprovals } from '../../src/queries/approvals.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { noticesAbout } from '../support/notices.ts'
import { rowCounts } from '../support/row_counts.ts'
import { updates } from '../support/updates.ts'
import { webhookReceiver } from '../support/webhook_receiver.ts'

const desk = testDesk({ WEBHOOK_ALLOW_LOOPBACK: 'true' })
const receiver = webhookReceiver()
let buyer: TestBuyer
const { change, buy, see, inDays } = updates(desk, () => buyer)

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
})

const decide = (id: string, decision: Decision['decision'], reason?: string) =>
  decideApproval(desk.db, {
    tenant_id: 'northwind',
    id,
    decision,
    decided_by: 'Kim',
    now: desk.now,
    ...(reason && { reason }),
  })
const task = async (task_id: unknown, args: Args = {}) =>
  (await buyer.call('tasks_get', { task_id, ...args })).body

/** A buy whose total would go above the publisher's threshold of 50,000. */
async function waiting(args: Args = {}) {
  const bought = await buy()
  const packages = [{ package_id: bought.package_id, budget: 60_000 }]
  const { body } = await change(bought.media_buy_id, { packages, ...args })
  expect(body['task_id'], JSON.stringify(body)).toBeTypeOf('string')
  return { ...bought, body, task_id: String(body['task_id']) }
}

describe('a change a person must agree to', () => {
  test('is a success without a date in 3.0, and changes nothing yet', async () => {
    const { media_buy_id, package_id, body } = await waiting()
    expect(body).toMatchObject({
      status: 'pending_creatives',
      revision: 1,
      implementation_date: null,
      affected_packages: [{ package_id, budget: 4000 }],
    })
    expect(body['valid_actions']).toEqual(['pause', 'cancel', 'sync_creatives'])
    expect(await see(media_buy_id)).toMatchObject({ revision: 1, total_budget: 4000 })
  })

  test('is a submitted task in 3.1', async () => {
    const { body, task_id } = await waiting({ adcp_version: '3.1' })
    expect(body).toMatchObject({ status: 'submitted', task_id })
    expect(body).not.toHaveProperty('media_buy_id')
    expect(await task(task_id)).toMatchObject({ status: 'submitted', task_type: 'update_media_buy' })
    const listed = await buyer.call('tasks_list', { filters: { task_type: 'update_media_buy' } })
    expect(JSON.stringify(listed.body)).toContain(task_id)
  })

  test.each(['3.0', '3.1'])('holds once it is approved, and the buyer is told (%s)', async (adcp_version) => {
    const path = `/approved-${adcp_version}`
    const push_notification_config = { url: `${receiver.url}${path}`, operation_id: 'op_1' }
    const { media_buy_id, package_id, task_id } = await waiting({
      adcp_version,
      push_notification_config,
      context: { a: 1 },
    })
    const list = await selectWaitingApprovals(desk.db, 'northwind').execute()
    expect(list.find((row) => row.task_id === task_id)).toMatchObject({
      task_type: 'update_media_buy',
      total_budget: '60000.00',
    })
    expect(await decide(task_id, 'approved')).toEqual({ type: 'recorded', media_buy_id })
    expect(await see(media_buy_id)).toMatchObject({ revision: 2, total_budget: 60_000 })
    const { result, status } = (await task(task_id, { adcp_version })) as { status: string; result: Args }
    expect([status, result['revision']]).toEqual(['completed', 2])
    expect(result['affected_packages']).toMatchObject([{ package_id, budget: 60_000 }])
    await desk.runJobs()
    expect(receiver.heard(path).map(({ body }) => body)).toMatchObject([
      {
        task_id,
        task_type: 'update_media_buy',
        status: 'completed',
        operation_id: 'op_1',
        result,
        context: { a: 1 },
      },
    ])
    expect(await decide(task_id, 'rejected')).toMatchObject({ type: 'already_decided', decided_by: 'Kim' })
    // what was agreed to needs nobody again
    const packages = [{ package_id, budget: 55_000 }]
    await change(media_buy_id, { packages })
    const { body } = await change(media_buy_id, { packages: [{ package_id, budget: 60_000 }] })
    expect(body).toMatchObject({ revision: 4, total_budget: 60_000 })
  })

  test('leaves the buy as it is when it is declined, and says why', async () => {
    const url = `${receiver.url}/declined`
    const { media_buy_id, task_id } = await waiting({ push_notification_config: { url } })
    await decide(task_id, 'rejected', 'Too much.')
    expect(await see(media_buy_id)).toMatchObject({
      revision: 1,
      total_budget: 4000,
      status: 'pending_creatives',
    })
    expect(await task(task_id)).toMatchObject({ status: 'rejected', message: 'Too much.' })
    await desk.runJobs()
    expect(receiver.heard('/declined').map(({ body }) => body['status'])).toEqual(['rejected'])
    expect((await see(media_buy_id)).history).toContainEqual(
      expect.objectContaining({ action: 'update_rejected', summary: 'Too much.' }),
    )
  })

  test('is asked for a product a person sells: added, bigger or longer, but not smaller or paused', async () => {
    const person = { product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 5000 }
    const { media_buy_id } = await buy()
    const { body } = await change(media_buy_id, { new_packages: [person], adcp_version: '3.1' })
    expect(body['status']).toBe('submitted')
    await decide(media_buy_id, 'approved')
    const added = (await see(media_buy_id)).packages[1]?.['package_id']
    const held = async () =>
      (
        await sql<{
          n: number
        }>`select sum(amount)::int n from reservations where package_id = ${added} and released_at is null`.execute(
          desk.db,
        )
      ).rows[0]?.n
    expect(await held()).toBeGreaterThan(0)
    for (const args of [
      { packages: [{ package_id: added, budget: 4000 }] },
      { packages: [{ package_id: added, paused: true }] },
    ])
      expect((await change(media_buy_id, args)).body).not.toHaveProperty('task_id')
    for (const args of [{ packages: [{ package_id: added, budget: 4001 }] }, { end_time: inDays(60) }]) {
      const { body: asked } = await change(media_buy_id, args)
      expect(asked).toMatchObject({ implementation_date: null })
      expect((asked['affected_packages'] as unknown[]).length).toBeGreaterThan(0)
      await decide(String(asked['task_id']), 'rejected', 'No.')
    }
  })

  test('is the only one; pausing and canceling stay possible, and canceling ends it', async () => {
    const url = `${receiver.url}/ended`
    const { media_buy_id, package_id, task_id } = await waiting({ push_notification_config: { url } })
    const second = await change(media_buy_id, { packages: [{ package_id, bid_price: 7 }] })
    expect(second.body.adcp_error).toMatchObject({ code: 'INVALID_STATE', field: 'media_buy_id' })
    expect((await change(media_buy_id, { paused: true })).body).toMatchObject({
      status: 'paused',
      revision: 2,
    })
    expect((await change(media_buy_id, { canceled: true })).body).toMatchObject({ status: 'canceled' })
    expect(await task(task_id)).toMatchObject({ status: 'canceled' })
    expect(await decide(task_id, 'approved')).toMatchObject({ type: 'already_decided', status: 'canceled' })
    const { workflow_step_id } = await desk.db
      .selectFrom('workflow_steps')
      .select('workflow_step_id')
      .where('task_id', '=', task_id)
      .executeTakeFirstOrThrow()
    expect(await noticesAbout(desk.db, workflow_step_id)).toEqual(['approval_waiting', 'approval_settled'])
    await desk.runJobs()
    expect(receiver.heard('/ended').map(({ body }) => body['status'])).toEqual(['canceled'])
  })

  test('is checked again when it is approved: what no longer fits is told to the approver and not made', async () => {
    const { media_buy_id, task_id } = await waiting()
    await sql`update tenants set max_package_budget = 50000`.execute(desk.db)
    const before = await rowCounts(desk.db)
    expect(await decide(task_id, 'approved')).toMatchObject({
      type: 'no_longer_fits',
      media_buy_id,
      problems: [{ code: 'BUDGET_EXCEEDED' }],
    })
    expect(await rowCounts(desk.db)).toEqual(before)
    expect(await task(task_id)).toMatchObject({ status: 'submitted' })
    await sql`update tenants set max_package_budget = 500000`.execute(desk.db)
    expect(await decide(task_id, 'approved')).toMatchObject({ type: 'recorded' })
  })

  test('decided by many while its buyer cancels is decided once, and nobody waits for ever', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { media_buy_id, task_id } = await waiting()
      const [canceled, ...decisions] = await Promise.all([
        change(media_buy_id, { canceled: true }),
        decide(task_id, 'approved'),
        decide(task_id, 'rejected'),
        decide(task_id, 'approved'),
      ])
      expect(canceled.body['status']).toBe('canceled')
      expect(decisions.filter(({ type }) => type === 'recorded').length).toBeLessThanOrEqual(1)
      expect(decisions.every(({ type }) => type === 'recorded' || type === 'already_decided')).toBe(true)
      expect(await see(media_buy_id)).toMatchObject({ status: 'canceled' })
      const { rows } =
        await sql`select from media_buy_updates where media_buy_id = ${media_buy_id} and state = 'pending'`.execute(
          desk.db,
        )
      expect(rows).toEqual([])
    }
  })
})
