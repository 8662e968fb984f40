import { beforeAll, describe, expect, test } from 'vitest'
import { tools } from '../../src/tools/index.ts'
import { aSync } from '../support/creatives.ts'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'
import { buy } from '../support/orders.ts'
import { rowCounts } from '../support/row_counts.ts'

/** What holds for the idempotency key of every tool that writes. A new one is named here with a request of its own. */
const desk = testDesk()
const HOUR = 3_600_000
const writes: string[] = tools
  .filter((tool) => tool.kind === 'write' && 'idempotency_key' in tool.input.shape)
  .map(({ name }) => name)
const account = { account_id: 'acc_lumen_pinnacle' }
let buyer: TestBuyer
let media_buy_id: string

beforeAll(async () => {
  desk.now = new Date('2026-12-15T15:30:00Z')
  buyer = await desk.buyer()
  media_buy_id = await buy(buyer, { account }, desk.now)
})

/** A request that succeeds however often it comes with a new key, and something in it that can differ. */
const requests: Record<string, (different: boolean) => Args> = {
  sync_accounts: (different) => ({
    accounts: [
      {
        brand: { domain: different ? 'other-brand.example' : 'some-brand.example' },
        operator: 'agency.example',
        billing: 'operator',
      },
    ],
  }),
  create_media_buy: (different) =>
    aPurchase({ account, package: { budget: different ? 5000 : 4000 } }, desk.now),
  update_media_buy: (different) => ({ account, media_buy_id, paused: different }),
  sync_creatives: (different) => aSync({ account, delete_missing: different }),
  provide_performance_feedback: (different) => ({
    media_buy_id,
    measurement_period: { start: '2026-12-01T00:00:00Z', end: '2026-12-08T00:00:00Z' },
    performance_index: different ? 2 : 1,
  }),
}
let serial = 0
const newKey = () => `every-write-${String((serial += 1)).padStart(8, '0')}`
const request = (tool: string, idempotency_key = newKey(), different = false): Args => {
  const make = requests[tool]
  if (!make) throw new Error(`${tool} writes: add a request for it to this test`)
  return { ...make(different), idempotency_key }
}

describe.each(writes)('%s', (tool) => {
  test('does what one key asks for once, and echoes the key', async () => {
    const args = request(tool)
    const first = await buyer.call(tool, args)
    expect(first.isError, first.texts.join('\n')).toBe(false)
    expect(first.body).toMatchObject({ idempotency_key: args['idempotency_key'], replayed: false })
    const before = await rowCounts(desk.db)
    const again = await buyer.call(tool, args)
    expect(again.body).toEqual({ ...first.body, replayed: true })
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('answers a key used for something else with a conflict that says nothing of the first request', async () => {
    const args = request(tool)
    await buyer.call(tool, args)
    const before = await rowCounts(desk.db)
    const { body } = await buyer.call(tool, request(tool, String(args['idempotency_key']), true))
    expect(body).toEqual({
      status: 'failed',
      adcp_error: { code: 'IDEMPOTENCY_CONFLICT', message: expect.any(String) },
      errors: [{ code: 'IDEMPOTENCY_CONFLICT', message: expect.any(String) }],
    })
    expect(await rowCounts(desk.db)).toEqual(before)
  })

  test('wants a key, and a well-formed one', async () => {
    for (const idempotency_key of [undefined, 'short', 'has spaces in between it', 'x'.repeat(256)]) {
      const args: Args = { ...request(tool), idempotency_key }
      const { body } = await buyer.call(tool, args)
      expect(body.errors).toMatchObject([{ code: 'INVALID_REQUEST', field: 'idempotency_key' }])
    }
  })

  test('keeps no key of a request that failed', async () => {
    const args = request(tool)
    await desk.pool.query(
      `create function break_it() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`,
    )
    await desk.pool.query(
      'create trigger break_it before update on idempotency_keys for each row execute function break_it()',
    )
    const failed = await buyer.call(tool, args)
    await desk.pool.query('drop function break_it cascade')
    expect(failed.body.adcp_error?.code).toBe('SERVICE_UNAVAILABLE')
    expect((await buyer.call(tool, args)).body).toMatchObject({ replayed: false })
  })

  test('answers a day and a minute, then says that the key is too old', async () => {
    const born = desk.now
    const args = request(tool)
    const first = await buyer.call(tool, args)
    desk.now = new Date(born.getTime() + 24 * HOUR + 59_000)
    expect((await buyer.call(tool, args)).body).toEqual({ ...first.body, replayed: true })
    desk.now = new Date(born.getTime() + 24 * HOUR + 61_000)
    const { body } = await buyer.call(tool, args)
    desk.now = born
    expect(body.adcp_error?.code).toBe('IDEMPOTENCY_EXPIRED')
  })
})

test('every one of them says after some seconds that the same request is still being worked on', async () => {
  const asked = writes.map((tool) => [tool, request(tool)] as const)
  const client = await desk.pool.connect()
  await client.query('begin')
  await client.query('lock table idempotency_keys in share mode')
  const answers = await Promise.all(asked.map(([tool, args]) => buyer.call(tool, args)))
  await client.query('rollback')
  client.release()
  for (const [i, { body }] of answers.entries())
    expect(body.adcp_error, writes[i]).toMatchObject({
      code: 'IDEMPOTENCY_IN_FLIGHT',
      recovery: 'transient',
      retry_after: 5,
    })
  for (const [tool, args] of asked)
    expect((await buyer.call(tool, args)).body, tool).toMatchObject({ replayed: false })
})

describe('a buyer that uses new keys faster than the publisher allows', () => {
  test('is told how long to wait; what it bought before, other accounts and other buyers are not held up', async () => {
    const start = new Date('2027-01-04T10:00:00Z')
    const at = (seconds: number) => (desk.now = new Date(start.getTime() + seconds * 1000))
    at(0)
    await desk.db.updateTable('tenants').set({ max_new_keys_per_minute: 12 }).execute()
    const purchase = (rest: Args = {}) => aPurchase({ account, ...rest }, start)
    const send = async (args = purchase(), as = buyer) =>
      (await as.call('create_media_buy', args)).body.adcp_error as
        { code: string; retry_after: number } | undefined
    const first = purchase()
    expect(await send(first)).toBeUndefined()
    for (let i = 1; i < 10; i += 1) expect(await send()).toBeUndefined()
    const before = await rowCounts(desk.db)
    expect(await send()).toMatchObject({ code: 'RATE_LIMITED', recovery: 'transient', retry_after: 10 })
    expect(await rowCounts(desk.db)).toEqual(before)
    expect(await send(first)).toBeUndefined()
    expect(
      await send(purchase({ account: { brand: { domain: 'b.example' }, operator: 'o.example' } })),
    ).toBeUndefined()
    expect(await send(aPurchase({}, start), await desk.buyer('acme_direct'))).toBeUndefined()

    at(10.5)
    expect(await send()).toBeUndefined()
    expect(await send()).toBeUndefined()
    expect(await send()).toMatchObject({ code: 'RATE_LIMITED', retry_after: 50 })
    at(60.5)
    expect(await send()).toBeUndefined()
    await desk.db.updateTable('tenants').set({ max_new_keys_per_minute: 3600 }).execute()
  })
})
