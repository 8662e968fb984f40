import { expect, test } from 'vitest'
import { aPurchase, testDesk } from '../support/desk.ts'
import { eventually } from '../support/eventually.ts'

const desk = testDesk({ CALL_DEADLINE_SECONDS: '0.3' })

/** Holds a lock on a table while `work` runs. */
async function withLock(table: string, work: () => Promise<void>) {
  const client = await desk.pool.connect()
  try {
    await client.query(`begin; lock table ${table} in access exclusive mode`)
    await work()
  } finally {
    await client.query('commit')
    client.release()
  }
}
const late = { code: 'SERVICE_UNAVAILABLE', recovery: 'transient', retry_after: 5 }

test('a purchase that takes too long is answered in time, and the same key gives the one buy it became', async () => {
  const buyer = await desk.buyer()
  const request = aPurchase()
  await withLock('media_packages', async () => {
    const { body } = await buyer.call('create_media_buy', { ...request, context: { a: 1 } })
    expect(body).toMatchObject({
      context: { a: 1 },
      adcp_error: { ...late, suggestion: expect.stringContaining('same idempotency_key') as string },
    })
    expect(await desk.db.selectFrom('media_buys').select('media_buy_id').execute()).toEqual([])
  })
  const made = await eventually('the purchase is made', () =>
    desk.db.selectFrom('media_buys').select('media_buy_id').executeTakeFirst(),
  )
  const again = await buyer.call('create_media_buy', request)
  expect(again.body).toMatchObject({ replayed: true, media_buy_id: made.media_buy_id })
  expect(await desk.db.selectFrom('media_buys').select('media_buy_id').execute()).toHaveLength(1)
})

test('the same key sent again while the first call is still at it is answered in time, and buys once', async () => {
  const buyer = await desk.buyer()
  const request = aPurchase()
  const key = String(request['idempotency_key'])
  await withLock('media_packages', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => buyer.call('create_media_buy', request)),
    )
    for (const { body } of answers)
      expect(['SERVICE_UNAVAILABLE', 'IDEMPOTENCY_IN_FLIGHT']).toContain(body.adcp_error?.code)
  })
  await eventually('the purchase is made', () =>
    desk.db
      .selectFrom('idempotency_keys')
      .select('tool')
      .where('idempotency_key', '=', key)
      .executeTakeFirst(),
  )
  expect((await buyer.call('create_media_buy', request)).body['replayed']).toBe(true)
  expect(await desk.db.selectFrom('media_buys').select('media_buy_id').execute()).toHaveLength(2)
})

test.each([
  ['get_products', 'products', { brief: 'hiking' }],
  ['list_creative_formats', 'creative_formats', {}],
  ['get_media_buys', 'media_buys', {}],
  ['tasks_get', 'workflow_steps', { task_id: 'x' }],
  ['get_adcp_capabilities', 'adapter_configs', {}],
])('%s is answered in time while a table is locked', async (tool, table, args) => {
  const buyer = await desk.buyer()
  await withLock(table, async () => {
    expect((await buyer.call(tool, args)).body.adcp_error).toMatchObject(late)
  })
  expect((await buyer.call(tool, args)).body.adcp_error?.code).not.toBe('SERVICE_UNAVAILABLE')
})

test('a token that takes too long to look up holds nobody up either', async () => {
  const buyer = await desk.buyer()
  await withLock('principal_tokens', async () => {
    expect((await buyer.call('get_products', { brief: 'hiking' })).body.adcp_error).toMatchObject(late)
    expect((await buyer.client.listTools()).tools.length).toBeGreaterThan(0)
  })
})
