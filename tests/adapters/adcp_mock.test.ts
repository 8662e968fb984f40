import { bootMockServer } from '@adcp/sdk/mock-server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AdServerAdapter, ApprovedBuy, DoneStep } from '../../src/adapters/adapter.ts'
import { connectAdapter } from '../../src/adapters/index.ts'
import { faults, startFaultProxy, type Fault, type FaultProxy } from '../support/fault_proxy.ts'
import { noDownload } from '../support/buyers_files.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import {
  call,
  describeAdapter,
  expectNoSecret,
  placeRest,
  rejection,
  thrown,
  withPackage,
  type AdServerUnderTest,
  type Booked,
} from './conformance.ts'
import { onThisMachine } from '../support/own_machine.ts'

let mock: Awaited<ReturnType<typeof bootMockServer>>
let proxy: FaultProxy
const secret = 'mock_sales_guaranteed_key_do_not_use_in_prod'

beforeAll(async () => {
  mock = await bootMockServer({ specialism: 'sales-guaranteed', port: 0, apiKey: secret })
  proxy = await startFaultProxy(mock.url)
})
afterAll(async () => {
  await proxy.close()
  await mock.close()
})

const harms = {
  'lost answer': faults.lostAnswer,
  'turned away': { forward: false, answer: { status: 429, headers: { 'retry-after': '7' } } },
  refused: { forward: false, answer: { status: 422 } },
  silence: faults.silence,
} satisfies Record<string, Fault>
const suffering = (fault: Fault) => (buy: ApprovedBuy) => {
  proxy.next(fault)
  return buy
}
const underTest = async (): Promise<AdServerUnderTest> => ({
  adapter: connect(),
  unauthorised: connect({}, `wrong_${secret}`),
  secret,
  resending: 'is harmless',
  approvedBuy: sellable,
  creative: banner,
  booked,
  approve: async () => {}, // it approves every order the second time it is asked
  faults: {
    'lost answer': suffering(harms['lost answer']),
    'turned away': suffering(harms['turned away']),
    refused: suffering(harms.refused),
    silence: suffering(harms.silence),
  },
  forecasting: { buy: sellable, silence: () => proxy.next(faults.silence) },
  breakChange: (_kind, fault, buy) => suffering(harms[fault])(buy),
})
describeAdapter('the ad server of the AdCP SDK', underTest)

describe('the ad server of the AdCP SDK', () => {
  test.each(['lostAnswer', 'reset', 'garbage', 'unavailable'] as const)(
    'after an order met %s the same order can be sent again and is booked once',
    async (fault) => {
      const buy = sellable()
      proxy.next(faults[fault])
      expect(await rejection(sendOrder(buy))).toMatchObject({ class: 'ambiguous' })
      expect(await sendOrder(buy)).toMatchObject({ type: 'done' })
      expect((await booked(buy)).orders).toBe(1)
    },
  )

  test('a line item whose answer was lost is found again', async () => {
    const buy = sellable()
    const [order, item] = connect().planFulfilment(buy)
    if (!order || !item) throw new Error('the plan is too short')
    const done = [doneWith(order, await connect().executeStep(order, [], call()))]
    proxy.next(faults.lostAnswer)
    expect(await rejection(connect().executeStep(item, done, call()))).toMatchObject({ class: 'ambiguous' })
    const found = await connect().reconcileStep(item, done, call())
    if (found.found !== 'match') throw new Error('the line item was not found')
    await placeRest(await underTest(), buy, [...done, { ...item, external_ids: found.external_ids }])
    expect((await booked(buy)).line_items).toMatchObject([{ budget: '1250.50' }, { budget: '99.00' }])
  })

  test.each(['reset', 'garbage', 'unavailable'] as const)(
    'a look-up that met %s can be tried again',
    async (fault) => {
      const [order] = connect().planFulfilment(sellable())
      if (!order) throw new Error('there is no plan')
      proxy.next(faults[fault], 'GET')
      expect(await rejection(connect().reconcileStep(order, [], call()))).toMatchObject({
        class: 'transient',
      })
    },
  )

  test('an ad server that says when to come back is taken at its word', async () => {
    proxy.next({ forward: false, answer: { status: 429, headers: { 'retry-after': '7' } } })
    const error = await rejection(sendOrder(sellable()))
    expect(error).toMatchObject({ class: 'rate_limited', retry_after_ms: 7000 })
  })

  test.each([
    [401, 'config'],
    [403, 'config'],
    [302, 'config'],
    [400, 'permanent'],
    [404, 'permanent'],
    [409, 'permanent'],
    [422, 'permanent'],
    [500, 'ambiguous'],
  ])(
    'an answer of %i is %s, and says nothing of the key even when the ad server does',
    async (status, expected) => {
      const headers = { location: 'http://127.0.0.1:1/', 'content-type': 'application/json' }
      const body = JSON.stringify({ code: secret, message: `key ${secret} is wrong` })
      proxy.next({ forward: false, answer: { status, headers, body } })
      const error = await rejection(sendOrder(sellable()))
      expect(error).toMatchObject({ class: expected })
      expectNoSecret(error, secret)
    },
  )

  test('an ad server that does not answer in time is given up', async () => {
    proxy.next(faults.silence)
    expect(await rejection(sendOrder(sellable(), { timeout_ms: 50 }))).toMatchObject({ class: 'ambiguous' })
  })

  test('a call given up for a reason that looks like a network error was still perhaps carried out', async () => {
    const [order] = connect().planFulfilment(sellable())
    if (!order) throw new Error('there is no plan')
    proxy.next(faults.silence)
    const givenUp = new AbortController()
    const sent = rejection(connect().executeStep(order, [], call(givenUp.signal)))
    givenUp.abort(new Error('the database is gone', { cause: { code: 'ECONNREFUSED' } }))
    expect(await sent).toMatchObject({ class: 'ambiguous' })
    proxy.forget()
  })

  test('an ad server that cannot be reached was not sent anything', async () => {
    const gone = await startFaultProxy(mock.url)
    await gone.close()
    const error = await rejection(sendOrder(sellable(), { base_url: gone.url }))
    expect(error).toMatchObject({ class: 'transient', code: 'unreachable' })
  })

  test('an answer that never ends is cut off', async () => {
    const body = JSON.stringify({ orders: [], padding: 'x'.repeat(5_000_000) })
    proxy.next({ forward: false, answer: { status: 200, body } }, 'GET')
    const [order] = connect().planFulfilment(sellable())
    if (!order) throw new Error('there is no plan')
    expect(await rejection(connect().reconcileStep(order, [], call()))).toMatchObject({ class: 'transient' })
  })

  test('the key and body of one order are never sent for another', async () => {
    const buy = sellable()
    await sendOrder(buy)
    const changed = { ...buy, total_budget: '1.00' }
    expect(await rejection(sendOrder(changed))).toMatchObject({
      class: 'permanent',
      code: 'idempotency_conflict',
    })
    const [order] = connect().planFulfilment(changed)
    if (!order) throw new Error('there is no plan')
    expect(await connect().reconcileStep(order, [], call())).toMatchObject({ found: 'conflict' })
  })

  test('an order found again after it was approved is not waited for', async () => {
    const buy = sellable()
    const done = await placeRest(await underTest(), buy, [])
    const [order, , , approval] = done
    if (!order || !approval) throw new Error('the plan is too short')
    await mockOrder(order.external_ids['order'] ?? '')
    const found = await connect().reconcileStep(order, [], call())
    expect(found).toEqual({ found: 'match', external_ids: { order: order.external_ids['order'] } })
    const foundOrder = [{ ...order, external_ids: { order: order.external_ids['order'] ?? '' } }]
    expect(await connect().executeStep(approval, foundOrder, call())).toMatchObject({ type: 'done' })
  })

  test('an order the ad server does not approve is refused for good', async () => {
    const [order, , , approval] = connect().planFulfilment(sellable())
    if (!order || !approval) throw new Error('the plan is too short')
    const done = [doneWith(order, await connect().executeStep(order, [], call()))]
    const body = JSON.stringify({ status: 'rejected', result: { outcome: 'rejected' } })
    proxy.next({ forward: false, answer: { status: 200, body } }, 'GET')
    expect(await rejection(connect().executeStep(approval, done, call()))).toMatchObject({
      class: 'permanent',
    })
  })

  test.each([
    ['pacing', { pacing: 'asap' as const }],
    ['bid_price', { bid_price: '3.00' }],
    ['start_time', { start_time: '2027-03-02T00:00:00Z' }],
    ['budget', { budget: '12345678901234.567' }],
  ])('a package with a %s it cannot keep to is refused by name', (field, overrides) => {
    const error = thrown(() => connect().planFulfilment(withPackage(sellable(), overrides)))
    expect(error).toMatchObject({ class: 'permanent', message: expect.stringContaining(field) })
  })

  test('a connection without its key, its address or a product without its id is ours to put right', () => {
    expect(thrown(() => connect({}, ''))).toMatchObject({ class: 'config' })
    const broken = thrown(() => connect({}, `${secret}\n`))
    expect(broken).toMatchObject({ class: 'config' })
    expectNoSecret(broken, secret)
    expect(thrown(() => connect({ base_url: 'file:///etc/passwd' }))).toMatchObject({ class: 'config' })
    const buy = withPackage(sellable(), { ad_server_config: {} })
    const message = expect.stringContaining('product_id')
    expect(thrown(() => connect().planFulfilment(buy))).toMatchObject({ class: 'config', message })
  })

  test('an order is for the advertiser of the buy, else for that of the connection, else for a person to say', () => {
    const buy = { ...sellable(), advertiser_id: null }
    const [order] = connect({ advertiser_id: 'adv_house' }).planFulfilment(buy)
    expect(order?.body).toMatchObject({ advertiser_id: 'adv_house' })
    expect(thrown(() => connect().planFulfilment(buy))).toMatchObject({ class: 'needs_human' })
  })
})

function connect(settings: Record<string, unknown> = {}, key: string | undefined = secret): AdServerAdapter {
  return connectAdapter('adcp_mock', {
    connection_id: 'network_1',
    settings: { base_url: proxy.url, network_code: 'net_premium_us', ...settings },
    secret: key,
    fetch: onThisMachine,
    download: noDownload,
    books: undefined as never,
  })
}

function sellable(): ApprovedBuy {
  const ad_server_config = {
    product_id: 'sports_preroll_q2_guaranteed',
    ad_unit_targeting: ['au_us_video_preroll'],
  }
  return approvedBuy([
    approvedPackage({ ad_server_config }),
    approvedPackage({ ad_server_config, budget: '99.00' }),
  ])
}

async function sendOrder(buy: ApprovedBuy, settings?: Record<string, unknown>) {
  const [order] = connect(settings).planFulfilment(buy)
  if (!order) throw new Error('there is no plan')
  return connect(settings).executeStep(order, [], call())
}

function doneWith(
  step: Omit<DoneStep, 'external_ids'>,
  outcome: Awaited<ReturnType<typeof sendOrder>>,
): DoneStep {
  if (outcome.type !== 'done') throw new Error('the step was not done')
  return { ...step, external_ids: outcome.external_ids }
}

async function booked({ media_buy_id }: ApprovedBuy): Promise<Booked> {
  interface LineItem {
    budget: number
    creative_ids: string[]
  }
  const isMine = ({ name }: { name: string }) => name.includes(media_buy_id)
  const { orders } = await ask<{ orders: { name: string; order_id: string }[] }>('/v1/orders')
  const { creatives } = await ask<{ creatives: { name: string }[] }>('/v1/creatives')
  const mine = orders.filter(isMine)
  const lists = await Promise.all(
    mine.map(({ order_id }) => ask<{ line_items: LineItem[] }>(`/v1/orders/${order_id}/lineitems`)),
  )
  const line_items = lists
    .flatMap((list) => list.line_items)
    .map(({ budget, creative_ids }) => ({
      budget: budget.toFixed(2),
      state: 'running' as const,
      shows: creative_ids.map((creative) => ({ creative, weight: null })),
      facts: null,
    }))
  return { orders: mine.length, line_items, creatives: creatives.filter(isMine).length }
}

async function mockOrder(orderId: string): Promise<void> {
  await ask(`/v1/orders/${orderId}`)
}

async function ask<T>(path: string): Promise<T> {
  const headers = { authorization: `Bearer ${secret}`, 'x-network-code': 'net_premium_us' }
  return (await (await fetch(mock.url + path, { headers })).json()) as T
}
