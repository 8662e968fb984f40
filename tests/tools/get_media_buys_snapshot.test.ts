import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keepTotals } from '../../src/tasks/standings/keep_totals.ts'
import { deliver, runningBuy } from '../support/delivery.ts'
import { testDesk, type Args, type TestBuyer } from '../support/desk.ts'

const desk = testDesk()
const born = new Date('2026-12-15T15:30:00Z')
let buyer: TestBuyer

beforeAll(async () => {
  buyer = await desk.buyer()
})

describe('a snapshot of delivery', () => {
  const flight = { start_time: '2026-12-16T00:00:00Z', end_time: '2026-12-26T00:00:00Z' }
  const snapshot = async (id: string) => {
    const { body } = await buyer.call('get_media_buys', { media_buy_ids: [id], include_snapshot: true })
    const [buy] = body['media_buys'] as Args[]
    return (buy?.['packages'] as Args[])[0] ?? {}
  }
  beforeEach(() => {
    desk.now = born
  })

  test('says what each package delivered so far, and how old that is', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    desk.now = new Date('2026-12-17T00:00:00Z')
    await deliver(desk, id, { day: '2026-12-16', figures: { impressions: 40_000, spend: 200, clicks: 9 } })
    desk.now = new Date('2026-12-17T01:00:00Z')
    expect((await snapshot(id))['snapshot']).toEqual({
      as_of: '2026-12-17T00:00:00.000Z',
      staleness_seconds: 3600,
      impressions: 40_000,
      spend: 200,
      clicks: 9,
      pacing_index: 0.5,
      delivery_status: 'delivering',
    })
  })

  test('calls what shows nothing not delivering, once that cannot be a delay any more', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    for (const [time, delivery_status] of [
      ['2026-12-16T03:59:59Z', 'delivering'],
      ['2026-12-16T04:00:00Z', 'not_delivering'],
    ] as const) {
      desk.now = new Date(time)
      await deliver(desk, id, { day: '2026-12-16', figures: { impressions: 0, spend: 0 } })
      expect((await snapshot(id))['snapshot']).toMatchObject({ delivery_status, impressions: 0 })
    }
  })

  test('is what was counted last, in a report or at the line item', async () => {
    const { id, packages } = await runningBuy(desk, buyer, flight)
    const about = { tenant_id: 'northwind', media_buy_id: id }
    const lineItemSaid = (time: string, impressions: number) => {
      const total = { package_id: packages[0] ?? '', impressions, clicks: null, spend: '205.000000' }
      return desk.db.transaction().execute((trx) => keepTotals(trx, about, [total], new Date(time)))
    }
    const reported = (time: string, impressions: number) =>
      deliver(desk, id, { day: '2026-12-16', as_of: new Date(time), figures: { impressions, spend: 200 } })
    desk.now = new Date('2026-12-17T02:00:00Z')
    await lineItemSaid('2026-12-16T23:45:00Z', 39_000)
    expect(await snapshot(id)).toMatchObject({ snapshot: { impressions: 39_000, staleness_seconds: 8100 } })
    await reported('2026-12-17T00:00:00Z', 40_000)
    expect(await snapshot(id)).toMatchObject({ snapshot: { impressions: 40_000, spend: 200 } })
    await lineItemSaid('2026-12-17T00:30:00Z', 41_000)
    await lineItemSaid('2026-12-17T00:15:00Z', 40_500)
    const as_of = '2026-12-17T00:30:00.000Z'
    const told = await snapshot(id)
    expect(told).toMatchObject({ snapshot: { as_of, impressions: 41_000, spend: 205, pacing_index: 0.502 } })
    expect(told['snapshot']).not.toHaveProperty('clicks')
    await reported('2026-12-17T01:00:00Z', 41_500)
    expect(await snapshot(id)).toMatchObject({ snapshot: { impressions: 41_500 } })
  })

  test('is not made up where nobody has counted', async () => {
    const { id } = await runningBuy(desk, buyer, flight)
    expect(await snapshot(id)).toMatchObject({
      snapshot_unavailable_reason: 'SNAPSHOT_TEMPORARILY_UNAVAILABLE',
    })
  })
})
