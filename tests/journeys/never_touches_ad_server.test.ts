import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { adcpMockDesk } from '../support/adcp_mock_desk.ts'
import { aPurchase, testDesk, type Args, type TestBuyer, type TestDesk } from '../support/desk.ts'
import { behave, callsFor, stepsOf } from '../support/orders.ts'
import { faults } from '../support/fault_proxy.ts'

const hanging = testDesk({}, { stepDeadlineMs: 100 })
const adcp = adcpMockDesk({ timeout_ms: 100 })

test('a buyer of an ad server that hangs for ever is answered before anybody has called it', async () => {
  await behave(hanging.db, { hang: true })
  await behave(hanging.db, { hang: true }, 'trail_video_premium')
  const buyer = await hanging.buyer()
  const id = await everyTool(buyer, hanging, {})
  expect(await callsOfAll()).toBe(0)
  // the job does call it: the counter counts
  await hanging.runJobs()
  expect(await callsFor(hanging.db, id)).toContain('create_order')
})

test('a buyer of an ad server that never answers is answered before it has heard of the order', async () => {
  const { desk, proxy, traffic } = adcp
  const buyer = await desk.buyer()
  const before = await traffic()
  for (const method of ['GET', 'POST'] as const)
    for (let i = 0; i < 20; i++) proxy.next(faults.silence, method)
  const id = await everyTool(buyer, desk, { bid_price: undefined })
  expect(await traffic()).toBe(before)
  // none of the forty silences was used up: nothing came to the proxy either
  proxy.forget()
  proxy.next(faults.lostAnswer)
  await desk.runJobs()
  expect(await traffic()).toBeGreaterThan(before)
  expect((await stepsOf(desk.db, id))[0]?.attempts).toBeGreaterThan(0)
})

/** Buys, asks again, lists, follows a task: every tool, and no job. Returns the media buy's id. */
async function everyTool(buyer: TestBuyer, desk: TestDesk, item: Args): Promise<string> {
  const order = aPurchase({ package: item }, desk.now)
  const { body } = await buyer.call('create_media_buy', order)
  const id = String(body['media_buy_id'])
  expect((await buyer.call('create_media_buy', order)).body).toMatchObject({
    media_buy_id: id,
    replayed: true,
  })
  const premium = [{ product_id: 'trail_video_premium', pricing_option_id: 'cpm_eur_fixed', budget: 8000 }]
  const { body: submitted } = await buyer.call('create_media_buy', aPurchase({ packages: premium }, desk.now))
  const feedback = {
    idempotency_key: `no-ad-server-feedback-${id}`,
    measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' },
    performance_index: 1,
  }
  const package_id = (body['packages'] as { package_id: string }[])[0]?.package_id
  const update = { idempotency_key: `no-ad-server-update-${id}`, account: order['account'], media_buy_id: id }
  const calls: [string, Args][] = [
    ['update_media_buy', { ...update, packages: [{ package_id, budget: 5000 }] }],
    ['tasks_get', { task_id: submitted['task_id'] }],
    ['tasks_list', {}],
    ['sync_accounts', { idempotency_key: `no-ad-server-accounts-${id}`, accounts: [] }],
    ['list_accounts', {}],
    ['get_account_financials', { account: order['account'] }],
    ['provide_performance_feedback', { ...feedback, media_buy_id: id }],
    ['get_media_buys', { media_buy_ids: [id] }],
    ['get_media_buy_delivery', { media_buy_ids: [id] }],
    ['get_products', { buying_mode: 'brief', brief: 'hiking' }],
    ['get_adcp_capabilities', {}],
    ['list_authorized_properties', {}],
    ['list_creative_formats', {}],
  ]
  for (const [tool, args] of calls) expect((await buyer.call(tool, args)).isError, tool).toBe(false)
  return id
}

async function callsOfAll(): Promise<number> {
  const { rows } = await sql`select from simulated.calls`.execute(hanging.db)
  return rows.length
}
