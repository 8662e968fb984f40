import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AdServerAdapter, ApprovedBuy } from '../../src/adapters/adapter.ts'
import { nextId, type Row } from '../support/broadstreet/books.ts'
import { dayAt } from '../../src/tasks/delivery/network_clock.ts'
import { connectTo, heldFor, ofNetwork, onHomepage } from '../support/broadstreet/selling.ts'
import { startFakeBroadstreet, type FakeBroadstreet } from '../support/broadstreet/server.ts'
import { faults, startFaultProxy, type FaultProxy } from '../support/fault_proxy.ts'
import { approvedBuy, approvedPackage } from './buys.ts'
import { call, expectNoSecret, rejection } from './conformance.ts'
import { describeReading } from './conformance_reading.ts'
import { overHttp } from './conformance/reports.ts'
import { carryOut } from './conformance/steps.ts'

let broadstreet: FakeBroadstreet
let proxy: FaultProxy
beforeAll(async () => {
  broadstreet = await startFakeBroadstreet()
  proxy = await startFaultProxy(broadstreet.url)
})
afterAll(async () => {
  await proxy.close()
  await broadstreet.close()
})

const aPackage = () => approvedPackage({ ad_server_config: onHomepage, price: '5.00' })
const aBuy = (advertiser_id = '301', packages = [aPackage(), aPackage()]): ApprovedBuy => ({
  ...approvedBuy(packages),
  advertiser_id,
})

describeReading('Broadstreet', async () => {
  const adapter = connectTo(broadstreet.url, broadstreet.token)
  const { books } = broadstreet
  const [order] = await book(adapter, aBuy())
  const [another] = await book(adapter, aBuy('302'))
  const byHand = { id: nextId(), advertiser_id: 302, name: 'By hand', start_date: '2027-01-01' }
  books.campaigns.push(byHand)
  const isRecord = (row: Row) => /\[adcp:[^:]+\]$/.test(String(row['name']))
  const ids = (rows: { id: number }[]) => rows.map(({ id }) => String(id))
  return {
    adapter: connect(),
    requests: proxy.requests,
    again: connectTo(broadstreet.url, broadstreet.token, { records_pause_ms: 0 }),
    unauthorised: connectTo(broadstreet.url, 'somebody-elses-token'),
    secret: broadstreet.token,
    holds: async () => ({
      ad_units: ids(books.zones),
      orders: ids(books.campaigns.filter((one) => isRecord(one) || one.id === byHand.id)),
      line_items: ids(books.campaigns.filter((one) => !isRecord(one))),
    }),
    // another advertiser comes, with an order of its own
    disturb: async () => {
      books.advertisers.unshift({ id: nextId(), name: 'New' })
      await book(adapter, aBuy(String(books.advertisers[0]?.id)))
    },
    orderId: async () => order?.external_ids['order'] ?? '',
    reports: {
      time_zone: ofNetwork.time_zone,
      orders: [order?.external_ids['order'] ?? '', another?.external_ids['order'] ?? ''],
      serve: (id, hours, views) => {
        const campaign_id = Number(id)
        books.shown = books.shown.filter((line) => line.campaign_id !== campaign_id)
        for (const at of hours)
          books.shown.push({ day: dayAt(at, ofNetwork.time_zone), campaign_id, views, clicks: 3 })
      },
      wire: {
        start: { list_campaigns: (fault) => proxy.next(overHttp[fault], 'GET') },
        read: { records: (fault) => proxy.next(overHttp[fault], 'GET') },
      },
    },
  }
})

describe('what Broadstreet holds', () => {
  test('is told in words of ours, with the money its names say', async () => {
    const buy = aBuy()
    await book(connect(), buy)
    const page = await connect().readPage?.('line_items', { cursor: null, changed_since: null }, call())
    const [campaign] = heldFor(broadstreet, buy).campaigns
    expect(page?.rows.find(({ id }) => id === String(campaign?.id))).toMatchObject({
      external_key: `adcp:${buy.media_buy_id}:${buy.packages[0]?.package_id}`,
      order_id: String(heldFor(broadstreet, buy).records[0]?.id),
      status: 'ready',
      pricing_model: 'cpm',
      price: '5.00',
      currency: 'USD',
      goal: 250_100,
      start_time: '2027-03-01T00:00:00.000Z',
      end_time: '2027-03-31T23:59:59.000Z',
    })
  })

  test('and should run without an advertisement does not deliver, and says why', async () => {
    const [start_time, end_time] = [-1, 1].map((days) => new Date(Date.now() + days * 86_400_000).toISOString()) as [string, string]
    const buy = { ...aBuy('301', [{ ...aPackage(), start_time, end_time }]), start_time, end_time }
    const [order] = await book(connect(), buy)
    const standing = async () => (await connect().readStatus?.([order?.external_ids['order'] ?? ''], call()))?.[0]
    expect(await standing()).toMatchObject({ status: 'not_delivering', line_items: [{ reason: expect.stringContaining('zone') }] })
    const { campaigns: [campaign] } = heldFor(broadstreet, buy)
    const campaign_id = campaign?.id ?? 0
    broadstreet.books.placements.push({ campaign_id, advertisement_id: 1, zone_id: 61 })
    expect(await standing()).toMatchObject({ status: 'serving', line_items: [{ status: 'serving', reason: null }] })
    Object.assign(campaign ?? {}, { paused: true })
    expect(await standing()).toMatchObject({ status: 'paused' })
    Object.assign(campaign ?? {}, { paused: false })
    const [views, day] = [Number(campaign?.['max_impression_count']), start_time.slice(0, 10)]
    broadstreet.books.shown.push({ day, campaign_id, views, clicks: 0 })
    expect(await standing()).toMatchObject({ status: 'completed', line_items: [{ status: 'completed', reason: null }] })
    // what stopped it only the figures tell
    proxy.next(faults.tooMany, 'GET', '/records')
    expect(await rejection(standing())).toMatchObject({ class: 'rate_limited' })
    Object.assign(campaign ?? {}, { impression_max_type: 'goal' })
    proxy.next(faults.tooMany, 'GET', '/records')
    expect(await standing()).toMatchObject({ status: 'serving', line_items: [{ status: 'serving', delivered: null }] })
  }) // prettier-ignore
})

describe('a report of Broadstreet’s', () => {
  test('tells each campaign and day of these orders, over the night the clocks change too, and no money', async () => {
    const [mine, other] = [aBuy('301', [aPackage()]), aBuy('302', [aPackage()])]
    const done = await book(connect(), mine)
    await book(connect(), other)
    const [order_id, line_item_id] = [done[0]?.external_ids['order'] ?? '', done[1]?.external_ids['line_item']]
    const show = (buy: ApprovedBuy, day: string, views: number) =>
      broadstreet.books.shown.push({ day, campaign_id: heldFor(broadstreet, buy).campaigns[0]?.id ?? 0, views, clicks: 3 })
    show(mine, '2027-03-13', 100)
    show(mine, '2027-03-14', 230)
    show(mine, '2027-03-14', 4)
    show(mine, '2027-03-15', 5)
    show(mine, '2027-03-16', 999)
    show(other, '2027-03-14', 50)
    const question = { order_ids: [order_id, '99'], from: '2027-03-13', to: '2027-03-15' }
    const { handle = '' } = (await connect().startReport?.(question, call())) ?? {}
    const common = { order_id, line_item_id, currency: 'USD', completions: null, spend: null }
    expect(await connect().readReport?.(handle, call())).toEqual({
      state: 'ready',
      rows: [
        { ...common, date: '2027-03-13', impressions: 100, clicks: 3 },
        { ...common, date: '2027-03-14', impressions: 234, clicks: 6 },
        { ...common, date: '2027-03-15', impressions: 5, clicks: 3 },
      ],
    })
  }) // prettier-ignore

  test('of many days is told in parts, each of few requests, and none is read twice for another that failed', async () => {
    const buy = aBuy('301', [aPackage()])
    const [order] = await book(connect(), buy)
    const campaign_id = heldFor(broadstreet, buy).campaigns[0]?.id ?? 0
    const days = Array.from({ length: 20 }, (_, i) => `2027-03-${String(i + 1).padStart(2, '0')}`)
    for (const day of days) broadstreet.books.shown.push({ day, campaign_id, views: 10, clicks: 0 })
    const question = { order_ids: [order?.external_ids['order'] ?? ''], from: days[0] ?? '', to: days[19] ?? '' }
    let { handle = '' } = (await connect().startReport?.(question, call())) ?? {}
    for (const at of ['2027-03-09', '2027-03-17']) {
      const report = await connect({ records_pause_ms: 1 }).readReport?.(handle, call())
      if (report?.state !== 'running') throw new Error('it was told at once')
      expect(report).toMatchObject({ retry_after_ms: 1, handle: expect.stringContaining(`"from":"${at}"`) })
      handle = report.handle ?? ''
      proxy.next(faults.tooMany, 'GET', `start_date=${at}`)
      expect(await rejection(connect().readReport?.(handle, call()) ?? Promise.resolve())).toMatchObject({ class: 'rate_limited' })
    }
    const report = await connect().readReport?.(handle, call())
    expect(report?.state === 'ready' && report.rows.map(({ date, impressions }) => [date, impressions])).toEqual(days.map((day) => [day, 10]))
  }) // prettier-ignore

  test('asks for its days one after the other, and stops when it is given up', async () => {
    const handle = JSON.stringify({ from: '2027-03-01', to: '2027-03-31', orders: {} })
    const started = performance.now()
    const reading = connect({ records_pause_ms: 60_000 }).readReport?.(handle, call(AbortSignal.timeout(200)))
    expect(await rejection(reading ?? Promise.resolve())).toMatchObject({ class: 'transient' })
    expect(performance.now() - started).toBeLessThan(5000)
  })

  test('whose day meets trouble says nothing of the token', async () => {
    const read = (handle: string) => rejection(connect().readReport?.(handle, call()) ?? Promise.resolve())
    const handle = JSON.stringify({ from: '2027-03-01', to: '2027-03-01', orders: {} })
    const body = `too many for ${broadstreet.token}`
    proxy.next({ forward: false, answer: { status: 429, headers: { 'retry-after': '5' }, body } }, 'GET')
    const error = await read(handle)
    expect(error).toMatchObject({ class: 'rate_limited', retry_after_ms: 5000 })
    expectNoSecret(error, broadstreet.token)
    proxy.next({ forward: false, answer: { status: 200, body: '{"records":[{"campaign_id":null}]}' } }, 'GET')
    expect(await read(handle)).toMatchObject({ class: 'transient' })
  })
})

const connect = (settings: Record<string, unknown> = {}) =>
  connectTo(proxy.url, broadstreet.token, { records_pause_ms: 0, ...settings })

const book = (adapter: AdServerAdapter, buy: ApprovedBuy) =>
  carryOut(adapter, adapter.planFulfilment(buy), [])
