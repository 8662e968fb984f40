import { beforeAll, describe, expect, test } from 'vitest'
import { aPurchase, testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
let buyer: TestBuyer
beforeAll(async () => {
  buyer = await desk.buyer()
})

describe('an LLM that sends things as text', () => {
  test('buys with packages, account, brand and context written as JSON text', async () => {
    const request = aPurchase({ context: { from: 'an LLM' } })
    const written = Object.fromEntries(
      Object.entries(request).map(([key, value]) => [
        key,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    )
    const { body } = await buyer.call('create_media_buy', written)
    expect(body['media_buy_id']).toMatch(/^mb_/)
    expect(body['context']).toEqual({ from: 'an LLM' })
  })

  test('has bought the same as one that does not: both spellings replay each other', async () => {
    const request = aPurchase()
    const first = await buyer.call('create_media_buy', {
      ...request,
      packages: JSON.stringify(request['packages']),
    })
    const second = await buyer.call('create_media_buy', request)
    expect(first.body['replayed']).toBe(false)
    expect(second.body).toMatchObject({ replayed: true, media_buy_id: first.body['media_buy_id'] })
  })

  test('buys with numbers and lists deep inside packages written as text', async () => {
    const item = {
      budget: '4000',
      bid_price: '5.5',
      impressions: '1000',
      targeting_overlay: '{"geo_countries": "[\\"DE\\"]"}',
    }
    const { body } = await buyer.call('create_media_buy', aPurchase({ package: item }))
    expect(body.adcp_error).toBeUndefined()
    expect(body['packages']).toMatchObject([{ budget: 4000, targeting_overlay: { geo_countries: ['DE'] } }])
  })

  test('searches with filters, lists, numbers and booleans written as text', async () => {
    const plain = {
      filters: { channels: ['display'], is_fixed_price: false },
      pagination: { max_results: 2 },
    }
    const written = {
      filters: { channels: '["display"]', is_fixed_price: 'false' },
      pagination: '{"max_results": "2"}',
    }
    const expected = (await buyer.call('get_products', plain)).body['products']
    expect(expected).toHaveLength(2)
    expect((await buyer.call('get_products', written)).body['products']).toEqual(expected)
    expect(
      (await buyer.call('get_products', { ...written, filters: JSON.stringify(written.filters) })).body[
        'products'
      ],
    ).toEqual(expected)
  })

  test('gets the context back that it sent as text, with an error too', async () => {
    const { body } = await buyer.call('tasks_get', { task_id: 'task_none', context: '{"a": 1}' })
    expect(body).toMatchObject({ context: { a: 1 }, adcp_error: { code: 'REFERENCE_NOT_FOUND' } })
  })

  test('is told when it leaves quotes out, instead of being guessed at', async () => {
    for (const args of [
      { media_buy_ids: '[mb_1]' },
      { media_buy_ids: 'mb_1, mb_2' },
      { account: '{account_id: acc_1}' },
      { pagination: { max_results: 'ten' } },
      { pagination: { max_results: '2.5' } },
      { include_snapshot: 'yes' },
    ]) {
      const { body } = await buyer.call('get_media_buys', args)
      expect([args, body.adcp_error?.code]).toEqual([args, 'INVALID_REQUEST'])
    }
  })

  test('may look for text that happens to be JSON: text stays text', async () => {
    const { body } = await buyer.call('create_media_buy', aPurchase({ po_number: '{"n":1}' }))
    const row = await desk.db
      .selectFrom('media_buys')
      .select('po_number')
      .where('media_buy_id', '=', String(body['media_buy_id']))
      .executeTakeFirst()
    expect(row?.po_number).toBe('{"n":1}')
    expect((await buyer.call('get_products', { brief: '12345' })).isError).toBe(false)
  })
})

describe('a buyer of another release or with fields of its own', () => {
  const unknown: Args = { x_own_field: { a: [1] }, governance_context: 'g', min_delivery_percent: 5 }
  test('is served by every tool as if the unknown fields were not there', async () => {
    for (const tool of [
      'get_adcp_capabilities',
      'list_authorized_properties',
      'list_creative_formats',
      'get_products',
      'get_media_buys',
      'get_media_buy_delivery',
      'list_accounts',
      'tasks_list',
    ]) {
      const { isError, body } = await buyer.call(tool, unknown)
      expect([tool, isError]).toEqual([tool, false])
      expect(JSON.stringify(body)).not.toContain('x_own_field')
    }
    expect((await buyer.call('create_media_buy', aPurchase({ ...unknown, package: unknown }))).isError).toBe(
      false,
    )
  })
})

describe('names of one tool that buyers in the field use', () => {
  test.each(['tasks_get', 'tasks/get', 'get_task_status'])('%s answers about a task', async (tool) => {
    const request = aPurchase({
      package: { product_id: 'trail_display_run_of_site', budget: 60_000 },
    })
    const { body: submitted } = await buyer.call('create_media_buy', request)
    expect(submitted['status']).toBe('submitted')
    const { body } = await buyer.call(tool, { task_id: submitted['task_id'], include_result: true })
    expect(body).toMatchObject({ task_id: submitted['task_id'], status: 'submitted' })
  })

  test('only the first is listed', async () => {
    const { tools } = await buyer.client.listTools()
    const names = tools.map(({ name }) => name)
    expect(names).toContain('tasks_get')
    expect(names).not.toContain('tasks/get')
    expect(names).not.toContain('get_task_status')
  })
})
