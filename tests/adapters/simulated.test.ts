import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import type { AdServerAdapter, ApprovedBuy, DoneStep } from '../../src/adapters/adapter.ts'
import { connectAdapter } from '../../src/adapters/index.ts'
import { noDownload } from '../support/buyers_files.ts'
import { testDatabase } from '../support/database.ts'
import { approvedBuy, approvedPackage, banner } from './buys.ts'
import { call, describeAdapter, rejection, thrown, withPackage, type Booked } from './conformance.ts'
import { onThisMachine } from '../support/own_machine.ts'

const database = testDatabase()
const secret = 'a-secret-nobody-should-see'
const connect = (settings: unknown = {}): AdServerAdapter =>
  connectAdapter('simulated', {
    connection_id: 'network_1',
    settings,
    secret,
    fetch: onThisMachine,
    download: noDownload,
    books: database.db,
  })

describeAdapter('the simulated ad server', async () => ({
  adapter: connect({ inventory: { homepage: 50_000 } }),
  secret,
  resending: 'books twice',
  approvedBuy: () => behaving({ approval_ms: 3_600_000 }),
  creative: banner,
  booked,
  approve,
  faults: {
    'lost answer': (buy) => withPackage(buy, { ad_server_config: faults['lost answer'] }),
    'turned away': (buy) => withPackage(buy, { ad_server_config: faults['turned away'] }),
    refused: (buy) => withPackage(buy, { ad_server_config: faults.refused }),
    silence: (buy) => withPackage(buy, { ad_server_config: faults.silence }),
  },
  forecasting: {
    buy: () =>
      approvedBuy([1, 2].map(() => approvedPackage({ ad_server_config: { inventory: 'homepage' } }))),
  },
  breakChange: (_kind, fault, buy) => withPackage(buy, { ad_server_config: { change: faults[fault] } }),
}))
const faults = {
  'lost answer': { lose_answers: 1 },
  'turned away': { busy: 1 },
  refused: { refuse: 'sold out' },
  silence: { hang: true },
}

describe('the simulated ad server', () => {
  test('like a real one it books what it is asked twice for twice, and that is a conflict', async () => {
    const buy = behaving({})
    const { order, send } = orderOf(buy)
    await send()
    await send()
    expect((await booked(buy)).orders).toBe(2)
    expect(await connect().reconcileStep(order, [], call())).toMatchObject({ found: 'conflict' })
  })

  test('networks do not see one another', async () => {
    const buy = behaving({})
    const connection = {
      connection_id: 'network_2',
      settings: {},
      secret: undefined,
      fetch: onThisMachine,
      download: noDownload,
      books: database.db,
    }
    const other = connectAdapter('simulated', connection)
    const done = await placeFirstTwo(buy)
    for (const step of done) expect(await other.reconcileStep(step, done, call())).toEqual({ found: 'none' })
  })

  test('a line item booked under the same key as something else is a conflict', async () => {
    const buy = behaving({})
    const done = await placeFirstTwo(buy)
    const [, item] = connect().planFulfilment(withPackage(buy, { budget: '1.00' }))
    if (!item) throw new Error('the plan is too short')
    expect(await connect().reconcileStep(item, done, call())).toMatchObject({ found: 'conflict' })
  })

  test('a call given up before half of its latency leaves no order behind', async () => {
    const buy = behaving({ latency_ms: 60_000 })
    const error = await rejection(orderOf(buy).send(AbortSignal.timeout(50)))
    expect(error).toMatchObject({ class: 'ambiguous' })
    expect(await booked(buy)).toMatchObject({ orders: 0, line_items: [] })
  })

  test('a call given up after half of its latency leaves an order behind', async () => {
    const buy = behaving({ latency_ms: 1000 })
    const givenUp = new AbortController()
    const sent = rejection(orderOf(buy).send(givenUp.signal))
    await expect.poll(async () => (await booked(buy)).orders, { interval: 10 }).toBe(1)
    givenUp.abort()
    expect(await sent).toMatchObject({ class: 'ambiguous' })
  })

  test('it is busy and loses answers as often as it was asked to, whoever calls', async () => {
    const { send } = orderOf(behaving({ busy: 2, lose_answers: 1 }))
    expect(await rejection(send())).toMatchObject({ class: 'transient' })
    expect(await rejection(send())).toMatchObject({ class: 'transient' })
    expect(await rejection(send())).toMatchObject({ class: 'ambiguous' })
    expect(await send()).toMatchObject({ type: 'done' })
  })

  test('every call is written down, answered or not', async () => {
    const { order, send } = orderOf(behaving({ refuse: 'sold out' }))
    await rejection(send())
    await connect().reconcileStep(order, [], call())
    const calls = await sql<{ operation: string }>`
      select operation from simulated.calls where reference = ${order.external_key} order by call_id
    `.execute(database.db)
    expect(calls.rows).toEqual([{ operation: 'create_order' }, { operation: 'find_orders' }])
  })

  test('an order does the slowest and the worst its packages ask for', () => {
    const packages = [{ latency_ms: 5, refuse: 'sold out' }, { latency_ms: 9 }, { approval_ms: 1 }]
    const buy = approvedBuy(packages.map((ad_server_config) => approvedPackage({ ad_server_config })))
    const { simulate } = orderOf(buy).order.body
    expect(simulate).toMatchObject({ latency_ms: 9, refuse: 'sold out', approval_ms: 1, busy: 0 })
  })

  test('an order nobody has to approve is not waited for', () => {
    const kinds = connect()
      .planFulfilment(behaving({}))
      .map(({ kind }) => kind)
    expect(kinds).toEqual(['create_order', 'create_line_item', 'create_line_item'])
  })

  test('an order rejected while it waited for approval is refused for good', async () => {
    const { order, send } = orderOf(behaving({ approval_ms: 3_600_000 }))
    const sent = await send()
    if (sent.type !== 'done') throw new Error('the order was not booked')
    const done: DoneStep[] = [{ ...order, external_ids: sent.external_ids }]
    await sql`update simulated.orders set status = 'rejected' where reference = ${order.external_key}`.execute(
      database.db,
    )
    const waiting = { ...order, kind: 'await_approval' as const, body: {} }
    expect(await rejection(connect().executeStep(waiting, done, call()))).toMatchObject({
      class: 'permanent',
    })
  })

  test('an order somebody has to look at is not booked', async () => {
    const buy = behaving({ needs_person: 'The rate card changed' })
    const outcome = await orderOf(buy).send()
    expect(outcome).toMatchObject({ type: 'needs_human', message: 'The rate card changed' })
    expect(await booked(buy)).toMatchObject({ orders: 0, line_items: [] })
  })

  test('where an advertiser is required, a person is told whose is missing', () => {
    const buy = { ...behaving({}), advertiser_id: null }
    expect(connect().planFulfilment(buy)[0]?.body).toMatchObject({ order: { advertiser: 'volta.example' } })
    const error = thrown(() => connect({ advertiser_required: true }).planFulfilment(buy))
    expect(error).toMatchObject({ class: 'needs_human', message: expect.stringContaining('volta.example') })
  })

  test('settings and product configurations it does not know are ours to put right', () => {
    expect(thrown(() => connect({ advertiser: true }))).toMatchObject({ class: 'config' })
    expect(thrown(() => connect().planFulfilment(behaving({ latency: 5 })))).toMatchObject({
      class: 'config',
      message: expect.stringContaining('latency'),
    })
    expect(connect({ answer_lag_seconds: 30 }).capabilities.answer_lag_seconds).toBe(30)
  })

  test('a line item of an order that is gone is refused for good', async () => {
    const [order, item] = connect().planFulfilment(behaving({}))
    if (!order || !item) throw new Error('the plan is too short')
    const done = [{ ...order, external_ids: { order: '999999999' } }]
    expect(await rejection(connect().executeStep(item, done, call()))).toMatchObject({ class: 'permanent' })
  })

  test('books that are out of reach are no answer', async () => {
    const books = { insertInto: () => { throw new Error('password=hunter2') } } // prettier-ignore
    const away = connectAdapter('simulated', {
      connection_id: 'n',
      settings: {},
      secret,
      fetch: onThisMachine,
      download: noDownload,
      books: books as never,
    })
    const error = await rejection(away.executeStep(orderOf(behaving({})).order, [], call()))
    expect(error).toMatchObject({ class: 'transient', message: expect.not.stringContaining('hunter2') })
  })
})

test('an ad server of an unknown kind is ours to put right', () => {
  const connection = {
    connection_id: 'n',
    settings: {},
    secret: undefined,
    fetch: onThisMachine,
    download: noDownload,
    books: database.db,
  }
  const error = thrown(() => connectAdapter('toString', connection))
  expect(error).toMatchObject({
    class: 'config',
    message: expect.stringContaining('adcp_mock, broadstreet, google_ad_manager, kevel, simulated'),
  })
})

function behaving(ad_server_config: Record<string, unknown>): ApprovedBuy {
  return approvedBuy([approvedPackage({ ad_server_config }), approvedPackage({ budget: '99.00' })])
}

function orderOf(buy: ApprovedBuy) {
  const [order] = connect().planFulfilment(buy)
  if (!order) throw new Error('there is no plan')
  return { order, send: (signal?: AbortSignal) => connect().executeStep(order, [], call(signal)) }
}

async function placeFirstTwo(buy: ApprovedBuy): Promise<DoneStep[]> {
  const done: DoneStep[] = []
  for (const step of connect().planFulfilment(buy).slice(0, 2)) {
    const outcome = await connect().executeStep(step, done, call())
    if (outcome.type === 'done') done.push({ ...step, external_ids: outcome.external_ids })
  }
  return done
}

async function booked({ media_buy_id }: ApprovedBuy): Promise<Booked> {
  const reference = `adcp:${media_buy_id}`
  const orders = await sql`select from simulated.orders where reference = ${reference}`.execute(database.db)
  const items = await sql<Booked['line_items'][number]>`
    select item.body ->> 'budget' as budget, item.body as facts,
      case when 'canceled' in (orders.status, item.status) then 'canceled' when item.status = 'paused' then 'paused' else 'running' end as state,
      (select coalesce(jsonb_agg(jsonb_build_object('creative', creative_id::text, 'weight', weight)), '[]')
        from simulated.line_item_creatives shown where shown.line_item_id = item.line_item_id) as shows
    from simulated.line_items as item
    join simulated.orders using (order_id)
    where orders.reference = ${reference}
    order by line_item_id
  `.execute(database.db)
  const creatives =
    await sql`select from simulated.creatives where reference like ${`${reference}:%`}`.execute(database.db)
  return { orders: orders.rows.length, line_items: items.rows, creatives: creatives.rows.length }
}

async function approve({ media_buy_id }: ApprovedBuy): Promise<void> {
  await sql`
    update simulated.orders set approved_after = now() where reference = ${`adcp:${media_buy_id}`}
  `.execute(database.db)
}
