import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  amountOf,
  type AdServerAdapter,
  type ApprovedBuy,
  type Page,
  type RowOf,
} from '../../src/adapters/adapter.ts'
import { dayAt } from '../../src/tasks/delivery/network_clock.ts'
import { startFaultProxy, type FaultProxy } from '../support/fault_proxy.ts'
import { nextId } from '../support/kevel/books.ts'
import { connectTo, heldFor, onHomepage } from '../support/kevel/selling.ts'
import { startFakeKevel, type FakeKevel } from '../support/kevel/server.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { call, rejection } from './conformance.ts'
import { describeReading } from './conformance_reading.ts'
import { overHttp } from './conformance/reports.ts'
import { carryOut } from './conformance/steps.ts'

let kevel: FakeKevel
let proxy: FaultProxy
beforeAll(async () => {
  kevel = await startFakeKevel()
  proxy = await startFaultProxy(kevel.url)
})
afterAll(async () => {
  await proxy.close()
  await kevel.close()
})

const aPackage = () => approvedPackage({ ad_server_config: onHomepage, price: '5.00' })
const aBuy = (packages = [aPackage()]): ApprovedBuy => ({ ...approvedBuy(packages), advertiser_id: '501' })

describeReading('Kevel', async () => {
  const adapter = connectTo(kevel.url, kevel.key)
  const { books } = kevel
  for (let i = 0; i < 3; i++) books.segments.push({ Id: 1103 + i, Name: `Segment ${i}` })
  for (let i = 0; i < 5; i++) books.sites.push({ Id: 803 + i, Title: `Site ${i}`, IsDeleted: i === 4 })
  const [order] = await book(adapter, aBuy(Array.from({ length: 7 }, aPackage)))
  const [another] = await book(adapter, aBuy())
  for (let i = 0; i < 4; i++) await book(adapter, aBuy())
  const prefixed = (what: string, rows: { Id: number }[]) => rows.map(({ Id }) => `${what}:${Id}`)
  return {
    adapter: connect(),
    requests: proxy.requests,
    again: adapter,
    unauthorised: connectTo(kevel.url, 'SOMEBODY0ELSES0KEY'),
    secret: kevel.key,
    holds: async () => ({
      ad_units: [...prefixed('site', books.sites), ...prefixed('zone', books.zones)],
      audience_segments: books.segments.map(({ Id }) => String(Id)),
      orders: books.campaigns.map(({ Id }) => String(Id)),
      line_items: books.flights.map(({ Id }) => String(Id)),
    }),
    disturb: async (kind, seen) => {
      const id = Number(seen.replace(/\D/g, ''))
      const rows = {
        ad_units: 'sites',
        audience_segments: 'segments',
        orders: 'campaigns',
        line_items: 'flights',
      } as const
      const list = books[rows[kind as keyof typeof rows]]
      const [gone] = list.splice(
        list.findIndex(({ Id }) => Id === id),
        1,
      )
      if (kind === 'orders') books.flights = books.flights.filter((one) => one['CampaignId'] !== gone?.Id)
      list.push({ ...gone, Id: nextId() })
    },
    orderId: async () => order?.external_ids['order'] ?? '',
    reports: {
      time_zone: 'UTC',
      orders: [order?.external_ids['order'] ?? '', another?.external_ids['order'] ?? ''],
      serve: (id, hours, impressions) => {
        const flight_id = Number(id)
        books.shown = books.shown.filter((line) => line.flight_id !== flight_id)
        for (const at of hours) {
          const served = { flight_id, impressions, clicks: 3, revenue: '5.015' }
          books.shown.push({ day: dayAt(at, 'UTC'), ...served })
        }
      },
      keepWaiting: (times) => void (books.reportPolls = times),
      fail: () => proxy.next({ forward: false, answer: { status: 200, body: '{"Status":3}' } }, 'GET'),
      wire: {
        start: { queue: (fault) => proxy.next(overHttp[fault]) },
        read: { poll: (fault) => proxy.next(overHttp[fault], 'GET') },
      },
    },
  }
})

describe('what Kevel holds', () => {
  test('is told in words of ours, also what people booked there', async () => {
    const buy = aBuy()
    await book(connect(), buy)
    const [flight] = heldFor(kevel, buy).flights
    kevel.books.flights.push({ ...flight, Id: nextId(), Name: 'By hand', RateType: 1, GoalType: 2, IsActive: false })
    const items = await readAll('line_items')
    expect(items.find(({ id }) => id === String(flight?.Id))).toMatchObject({
      external_key: `adcp:${buy.media_buy_id}:${buy.packages[0]?.package_id}`,
      status: 'ready',
      pricing_model: 'cpm',
      price: '5',
      goal: 250_100,
      start_time: '2027-03-01T00:00:00.000Z',
      end_time: '2027-03-31T23:59:59.000Z',
    })
    expect(items.at(-1)).toMatchObject({ name: 'By hand', external_key: null, pricing_model: 'flat_rate', goal: null, status: 'paused' })
  }) // prettier-ignore

  test('as segments of its users is told with how many of them it has', async () => {
    const page = await connect().readPage?.('audience_segments', start, call())
    expect(page?.rows.slice(0, 2)).toEqual([
      { id: '1101', name: 'Readers of sport', standing: 'active', description: 'Interest', size: 90_000 },
      { id: '1102', name: 'Subscribers', standing: 'active', description: 'Those who pay', size: null },
    ])
  })

  test('is no segments where the network has no list of them', async () => {
    proxy.next({ forward: false, answer: { status: 404 } }, 'GET')
    const page = await connect().readPage?.('audience_segments', start, call())
    expect(page).toEqual({ rows: [], cursor: null, remaining: 0 })
  })

  test('is not told at all where its pages come in another order than that of their ids', async () => {
    const disordered = await startFakeKevel()
    disordered.books.sites.reverse()
    const reading = connectTo(disordered.url, disordered.key).readPage?.('ad_units', start, call())
    expect(await rejection(reading ?? Promise.resolve())).toMatchObject({ code: 'unordered_pages' })
    await disordered.close()
  })

  test('and should run without an ad does not deliver, and says why', async () => {
    const now = Date.now()
    const [start_time, end_time] = [-1, 1].map((days) => new Date(now + days * 86_400_000).toISOString()) as [string, string]
    const running = { ...aPackage(), start_time, end_time }
    const buy = { ...aBuy([running]), start_time, end_time }
    const [order] = await book(connect(), buy)
    const id = order?.external_ids['order'] ?? ''
    const standing = async () => (await connect().readStatus?.([id], call()))?.[0]
    expect(await standing()).toMatchObject({ status: 'not_delivering', line_items: [{ reason: expect.stringContaining('no ad') }] })
    const { flights: [flight], campaigns: [campaign] } = heldFor(kevel, buy)
    kevel.books.ads.push({ Id: nextId(), FlightId: flight?.Id, Creative: { Id: 1 }, IsActive: true })
    expect(await standing()).toMatchObject({ status: 'serving', line_items: [{ status: 'serving', reason: null }] })
    Object.assign(campaign ?? {}, { IsActive: false })
    expect(await standing()).toMatchObject({ status: 'paused', line_items: [{ status: 'paused' }] })
  }) // prettier-ignore
})

describe('a report of Kevel’s', () => {
  test('is waited for, and tells each flight and day of these orders to the last digit, and of no others', async () => {
    const [mine, other] = [aBuy(), aBuy()]
    const done = await book(connect(), mine)
    await book(connect(), other)
    const [order, item] = done.map(({ external_ids }) => external_ids)
    const flightOf = (buy: ApprovedBuy) => heldFor(kevel, buy).flights[0]?.Id ?? 0
    const line = (buy: ApprovedBuy, day: string, revenue: string) =>
      kevel.books.shown.push({ day, flight_id: flightOf(buy), impressions: 1000, clicks: 7, revenue })
    line(mine, '2027-03-01', '114610.83561739461402407011453')
    line(mine, '2027-03-02', '0.1')
    line(mine, '2027-03-03', '9.99')
    line(other, '2027-03-02', '55.00')
    for (const order_ids of [[order?.['order'] ?? ''], [order?.['order'] ?? '', '99']]) {
      const asked = await connect().startReport?.({ order_ids, from: '2027-03-01', to: '2027-03-02' }, call())
      const again = () => connect().readReport?.(asked?.handle ?? '', call())
      expect(await again()).toMatchObject({ state: 'running', retry_after_ms: expect.any(Number) })
      const common = { order_id: order?.['order'], line_item_id: item?.['line_item'], currency: 'USD', completions: null }
      expect(await again()).toEqual({
        state: 'ready',
        rows: [
          { ...common, date: '2027-03-01', impressions: 1000, clicks: 7, spend: '114610.835617' },
          { ...common, date: '2027-03-02', impressions: 1000, clicks: 7, spend: '0.100000' },
        ],
      })
    }
  }) // prettier-ignore

  test('that Kevel has forgotten, or calls too large, must be started anew', async () => {
    const read = () => rejection(connect().readReport?.(handle, call()) ?? Promise.resolve())
    const handle = JSON.stringify({ id: 'gone', order_ids: [] })
    expect(await read()).toMatchObject({ class: 'permanent' })
    proxy.next({ forward: false, answer: { status: 200, body: '{"Status":4}' } }, 'GET')
    expect(await read()).toMatchObject({ code: 'report_too_large' })
  })

  test.each([
    ['0', '0.000000'],
    ['12', '12.000000'],
    ['0.0000005', '0.000001'],
    ['0.00000049', '0.000000'],
    ['0.9999996', '1.000000'],
    ['5e-7', '0.000001'],
    ['-3.5', '-3.500000'],
    ['90071992547409931.25', '90071992547409931.250000'],
  ])('may say %s of money, which is %s', (said, amount) => expect(amountOf(said)).toBe(amount))
})

const start = { cursor: null, changed_since: null }
const connect = () => connectTo(proxy.url, kevel.key)

async function readAll(kind: 'line_items') {
  const rows: RowOf['line_items'][] = []
  let cursor: string | null = null
  do {
    const page: Page<RowOf['line_items']> | undefined = await connect().readPage?.(
      kind,
      { ...start, cursor },
      call(),
    )
    rows.push(...(page?.rows ?? []))
    cursor = page?.cursor ?? null
  } while (cursor !== null)
  return rows
}

const book = (adapter: AdServerAdapter, buy: ApprovedBuy) =>
  carryOut(adapter, adapter.planFulfilment(buy), [])
