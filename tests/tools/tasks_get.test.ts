import { beforeAll, describe, expect, test } from 'vitest'
import { decideApproval } from '../../src/commands/decide_approval.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const asked = new Date('2026-12-15T15:30:00Z')
const decided = new Date('2026-12-15T17:00:00Z')
let buyer: TestBuyer

beforeAll(async () => {
  desk.now = asked
  buyer = await desk.buyer()
})

async function submitted(rest: Args = {}) {
  const item = {
    product_id: 'trail_podcast_host_read',
    pricing_option_id: 'cpm_gbp_fixed',
    budget: 20,
    bid_price: undefined,
  }
  const { body } = await buyer.call('create_media_buy', aPurchase({ package: item, ...rest }, asked))
  return String(body['task_id'])
}
const decide = (id: string, decision: 'approved' | 'rejected', reason?: string) =>
  decideApproval(desk.db, {
    tenant_id: 'northwind',
    id,
    decision,
    decided_by: 'Kim',
    now: decided,
    ...(reason && { reason }),
  })
const look = (args: Args, as = buyer) => as.call('tasks_get', args)

describe('a purchase that a person must approve', () => {
  test('is submitted as long as nobody has decided', async () => {
    const task_id = await submitted()
    const { body, texts } = await look({ task_id, include_result: true, context: { a: 1 } })
    expect(body).toEqual({
      task_id,
      task_type: 'create_media_buy',
      protocol: 'media-buy',
      status: 'submitted',
      created_at: asked.toISOString(),
      updated_at: asked.toISOString(),
      has_webhook: false,
      context: { a: 1 },
    })
    expect(texts[1]).toBe('Still submitted. Ask again in a minute.')
  })

  test.each([
    ['3.0', 'pending_creatives'],
    ['3.1', 'completed'],
    [undefined, 'pending_creatives'],
  ])(
    'is completed once approved, with what create_media_buy would have answered in AdCP %s',
    async (adcp_version, status) => {
      const task_id = await submitted()
      await decide(task_id, 'approved')
      const { body } = await look({ task_id, adcp_version })
      expect(body).toMatchObject({
        status: 'completed',
        updated_at: decided.toISOString(),
        completed_at: decided.toISOString(),
        result: {
          status,
          media_buy_status: 'pending_creatives',
          media_buy_id: expect.stringMatching(/^mb_/),
          confirmed_at: decided.toISOString(),
          revision: 2,
          packages: [{ product_id: 'trail_podcast_host_read', budget: 20 }],
        },
      })
      const result = body['result'] as { media_buy_id: string }
      const { body: listed } = await buyer.call('get_media_buys', { media_buy_ids: [result.media_buy_id] })
      expect(listed['media_buys']).toMatchObject([{ status: 'pending_creatives' }])
    },
  )

  test('is rejected once declined, with the reason and without a buy', async () => {
    const task_id = await submitted()
    await decide(task_id, 'rejected', 'No competitor of our sponsor.')
    const { body, texts } = await look({ task_id })
    expect(body).toMatchObject({
      status: 'rejected',
      completed_at: decided.toISOString(),
      message: 'No competitor of our sponsor.',
      error: { message: 'The publisher declined: "No competitor of our sponsor."' },
    })
    expect(body).not.toHaveProperty('result')
    expect(texts[1]).toContain('No competitor')
  })

  test('is still answered as submitted to whoever sends the purchase again', async () => {
    const args = aPurchase(
      {
        package: {
          product_id: 'trail_podcast_host_read',
          pricing_option_id: 'cpm_gbp_fixed',
          budget: 20,
          bid_price: undefined,
        },
      },
      asked,
    )
    const first = await buyer.call('create_media_buy', args)
    await decide(String(first.body['task_id']), 'approved')
    const again = await buyer.call('create_media_buy', args)
    expect(again.body).toEqual({ ...first.body, replayed: true })
  })

  test.each(['tasks/get', 'get_task_status'])('can be followed by the name %s too', async (name) => {
    const task_id = await submitted()
    expect((await buyer.call(name, { task_id })).body).toMatchObject({ task_id, status: 'submitted' })
  })
})

test('a task of another buyer looks like one that does not exist', async () => {
  const task_id = await submitted()
  const stranger = await desk.buyer('acme_direct')
  const theirs = await look({ task_id }, stranger)
  expect(theirs.body.adcp_error).toMatchObject({ code: 'REFERENCE_NOT_FOUND', field: 'task_id' })
  expect(await look({ task_id: 'task_nobody' }, stranger)).toEqual(theirs)
})

test('what a worker of the publisher waits for is no task of the buyer', async () => {
  const task_id = await submitted()
  const { media_buy_id, workflow_step_id } = await desk.db
    .selectFrom('workflow_steps')
    .selectAll()
    .where('task_id', '=', task_id)
    .executeTakeFirstOrThrow()
  for (const id of [media_buy_id, workflow_step_id]) expect((await look({ task_id: id })).isError).toBe(true)
})
